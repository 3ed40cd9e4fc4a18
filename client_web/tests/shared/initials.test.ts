import { expect, it } from "vitest";
import { COLOUR_COUNT, colourOf, initials } from "../../src/shared/initials";

it.each([
  ["Ana Ruiz", "AR"],
  ["ana", "A"],
  ["Ana María de la Cruz", "AC"],
  ["  Ben   Carter ", "BC"],
  ["Jean-Luc", "JL"],
  ["李 小龍", "李小"],
  ["<b>Bold</b>", "B"],
  ["“Ana” Ruiz", "AR"],
  ["🦊", ""],
  ["", ""],
])("makes of %j the letters %j", (name, letters) => {
  expect(initials(name)).toBe(letters);
});

it("gives the same person the same colour, and many people every colour", () => {
  const ids = Array.from({ length: 200 }, (_, index) => `person_${index}`);
  const colours = ids.map(colourOf);
  expect(ids.map(colourOf)).toEqual(colours);
  expect(new Set(colours).size).toBe(COLOUR_COUNT);
  expect(Math.max(...colours)).toBe(COLOUR_COUNT - 1);
});
