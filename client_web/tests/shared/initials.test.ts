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

it("gives the same name the same colour", () => {
  for (const name of ["Ana", "Ben", "李", ""]) {
    expect(colourOf(name)).toBe(colourOf(name));
    expect(colourOf(name)).toBeLessThan(COLOUR_COUNT);
  }
});
