import { expect, it } from "vitest";
import { COLOUR_COUNT, colourOf } from "../../src/shared/initials";
import { coloursOf } from "../../src/shared/palette";

const people = Array.from({ length: 3 * COLOUR_COUNT }, (_, index) => `person_${index}`);

it("gives nobody the colour of another while there are enough, and shares evenly after that", () => {
  const colours = [...coloursOf(people).values()];
  expect(new Set(colours.slice(0, COLOUR_COUNT)).size).toBe(COLOUR_COUNT);
  for (let colour = 0; colour < COLOUR_COUNT; colour++) {
    expect(colours.filter((other) => other === colour)).toHaveLength(3);
  }
});

it("gives nobody another colour because somebody comes", () => {
  const all = coloursOf(people);
  for (let count = 1; count < people.length; count++) {
    for (const [person, colour] of coloursOf(people.slice(0, count))) expect(all.get(person)).toBe(colour);
  }
});

it("gives everybody their own colour unless somebody who came earlier has it", () => {
  const colours = coloursOf(people.slice(0, COLOUR_COUNT));
  const taken = new Set<number>();
  for (const [person, colour] of colours) {
    if (!taken.has(colourOf(person))) expect(colour).toBe(colourOf(person));
    taken.add(colour);
  }
});

it("counts somebody who is named twice once", () => {
  expect(coloursOf(["a", "b", "a", "c"])).toEqual(coloursOf(["a", "b", "c"]));
});
