import { readFileSync } from "node:fs";
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

it("has a colour for each number, dark enough for white letters", () => {
  const css = readFileSync(new URL("../../src/shared/tokens.css", import.meta.url), "utf8");
  const colours = [...css.matchAll(/data-colour="(\d+)"\] \{\s*--rp-person: (#[0-9a-f]{6})/g)];
  expect(colours.map(([, number]) => Number(number))).toEqual([...Array(COLOUR_COUNT).keys()]);
  for (const [, , colour = ""] of colours) expect(contrastWithWhite(colour), colour).toBeGreaterThan(4.5);
});

/** WCAG 2.2, "contrast ratio". */
function contrastWithWhite(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((start) => {
    const part = Number.parseInt(colour.slice(start, start + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05);
}
