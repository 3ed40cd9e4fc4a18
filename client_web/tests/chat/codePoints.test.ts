import { expect, it } from "vitest";
import { codePoints } from "../../src/chat/codePoints";

it("counts as the server counts", () => {
  expect(codePoints("")).toBe(0);
  expect(codePoints("abc")).toBe(3);
  expect(codePoints("👍🏽")).toBe(2);
  expect(codePoints("e\u0301")).toBe(2);
});
