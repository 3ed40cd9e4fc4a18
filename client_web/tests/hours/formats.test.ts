import { expect, it } from "vitest";
import { dateFormat, numberFormat, relativeFormat } from "../../src/hours/formats";

it("makes each format once", () => {
  expect(dateFormat("en", { month: "short" })).toBe(dateFormat("en", { month: "short" }));
  expect(numberFormat("es", { style: "percent" })).toBe(numberFormat("es", { style: "percent" }));
  expect(relativeFormat("en")).toBe(relativeFormat("en"));
});

it("takes none for another", () => {
  expect(dateFormat("es", { month: "short" })).not.toBe(dateFormat("en", { month: "short" }));
  expect(dateFormat("en", { month: "long" })).not.toBe(dateFormat("en", { month: "short" }));
  expect(relativeFormat("es").format(-1, "day")).toBe("ayer");
  expect(relativeFormat("en").format(-1, "day")).toBe("yesterday");
});
