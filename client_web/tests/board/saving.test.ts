import { expect, it } from "vitest";
import { fileName } from "../../src/board/saving";

it("makes a file's name of any title", () => {
  expect(fileName("Brüche, Montag", "png")).toBe("Brüche Montag.png");
  expect(fileName("../../etc/passwd\0", "pdf")).toBe(".. .. etc passwd.pdf");
  expect(fileName("???", "svg")).toBe("board.svg");
  expect(fileName("x".repeat(500), "svg").length).toBeLessThan(100);
});
