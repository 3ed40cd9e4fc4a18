import { expect, it } from "vitest";
import { paperFor } from "../../src/shared/paper";

it("prints on the paper that is usual where one is", () => {
  expect(paperFor(["en-US", "de"])).toBe("letter");
  expect(paperFor(["es-Latn-MX"])).toBe("letter");
  expect(paperFor(["en-GB", "en-US"])).toBe("a4");
  expect(paperFor(["es"])).toBe("a4");
  expect(paperFor([])).toBe("a4");
});
