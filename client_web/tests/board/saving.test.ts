import { expect, it } from "vitest";
import { fileName } from "../../src/board/saving";

it("makes a file's name of any title", () => {
  expect(fileName("Brüche, Montag", "png")).toBe("Brüche, Montag.png");
  expect(fileName("हिन्दी पाठ", "png")).toBe("हिन्दी पाठ.png");
  expect(fileName("../../etc/passwd\0", "pdf")).toBe("etc passwd.pdf");
  expect(fileName("Fish\u202egnp.exe 🐟", "pdf")).toBe("Fish gnp.exe 🐟.pdf");
  expect(fileName("???", "svg")).toBe("board.svg");
  expect(fileName("x".repeat(500), "svg").length).toBeLessThan(100);
});
