import { expect, it } from "vitest";
import { listNames, namesAndRest } from "../../src/shared/insideText";

it("says up to four names, and three and a number beyond", () => {
  expect(namesAndRest(["a", "b", "c", "d"])).toEqual({ said: ["a", "b", "c", "d"], rest: 0 });
  expect(namesAndRest(["a", "b", "c", "d", "e"])).toEqual({ said: ["a", "b", "c"], rest: 2 });
  expect(namesAndRest([])).toEqual({ said: [], rest: 0 });
});

it("joins names as the language does", () => {
  expect(listNames(["Ana", "Ben"], "en")).toBe("Ana and Ben");
  expect(listNames(["Ana", "Isabel"], "es")).toBe("Ana e Isabel");
  expect(listNames(["Ana", "Ben"], "en", false)).toBe("Ana, Ben");
});
