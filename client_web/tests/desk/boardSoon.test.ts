import { expect, it } from "vitest";
import { isLineWide } from "../../src/desk/useBoardSoon";

it("fetches nothing beforehand over a line that is narrow, to be saved, or of which nothing is known", () => {
  expect(isLineWide({ connection: { effectiveType: "4g", saveData: false } })).toBe(true);
  expect(isLineWide({ connection: { effectiveType: "3g", saveData: false } })).toBe(false);
  expect(isLineWide({ connection: { effectiveType: "4g", saveData: true } })).toBe(false);
  expect(isLineWide({})).toBe(false);
});
