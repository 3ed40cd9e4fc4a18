import { expect, it } from "vitest";
import { COLOUR_COUNT, colourOf } from "../../src/shared/initials";
import { Palette } from "../../src/shared/palette";

const people = Array.from({ length: 3 * COLOUR_COUNT }, (_, index) => `person_${index}`);

it("gives nobody the colour of another while there are enough, and shares evenly after that", () => {
  const palette = new Palette();
  const colours = people.map((person) => palette.of(person));
  expect(new Set(colours.slice(0, COLOUR_COUNT)).size).toBe(COLOUR_COUNT);
  for (let colour = 0; colour < COLOUR_COUNT; colour++) {
    expect(colours.filter((other) => other === colour)).toHaveLength(3);
  }
});

it("keeps what it gave, and begins with the person's own", () => {
  const palette = new Palette();
  const colours = people.map((person) => palette.of(person));
  expect(people.map((person) => palette.of(person))).toEqual(colours);
  expect(colours[0]).toBe(colourOf("person_0"));
});
