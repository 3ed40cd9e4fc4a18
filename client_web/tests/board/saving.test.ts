import { expect, it } from "vitest";
import { fileName, paperFor } from "../../src/board/saving";

it("makes a file's name of any title", () => {
  expect(fileName("Brüche, Montag", "png")).toBe("Brüche Montag.png");
  expect(fileName("../../etc/passwd\0", "pdf")).toBe(".. .. etc passwd.pdf");
  expect(fileName("???", "svg")).toBe("board.svg");
  expect(fileName("x".repeat(500), "svg").length).toBeLessThan(100);
});

it("prints on the paper that is usual where one is", () => {
  expect(paperFor(["en-US", "de"])).toBe("letter");
  expect(paperFor(["es-MX"])).toBe("letter");
  expect(paperFor(["en-GB", "en-US"])).toBe("a4");
  expect(paperFor(["es"])).toBe("a4");
  expect(paperFor([])).toBe("a4");
});
