/**
 * Which colour each person has: avatar, cursor, and what they wrote. It follows from who is there, so every screen says
 * the same of everybody.
 */

import { createContext, useCallback, useContext, useMemo } from "react";
import { COLOUR_COUNT, colourOf } from "./initials";

/** Person ids, in the order in which they came. */
export type People = readonly string[];

/**
 * Return the colour of each, a number below `COLOUR_COUNT`: one's own, or when somebody who came earlier has it the next
 * that the fewest have. So nobody is given another colour because somebody comes.
 */
export function coloursOf(people: People): ReadonlyMap<string, number> {
  const given = new Map<string, number>();
  const uses = new Array<number>(COLOUR_COUNT).fill(0);
  for (const personId of people) {
    if (given.has(personId)) continue;
    const first = colourOf(personId);
    const order = uses.map((_, step) => (first + step) % COLOUR_COUNT);
    const fewest = Math.min(...uses);
    const colour = order.find((candidate) => uses[candidate] === fewest) ?? first;
    given.set(personId, colour);
    uses[colour] = fewest + 1;
  }
  return given;
}

/** Who is in the room that this page shows. */
export const PeopleContext = createContext<People>([]);

/**
 * Return what gives a person's colour. Who is not here has their own; of those in `absent` nobody has that of another,
 * as long as there are enough.
 */
export function useColours(absent?: People): (personId: string) => number {
  const here = useContext(PeopleContext);
  const colours = useMemo(() => coloursOf([...here, ...(absent ?? [])]), [here, absent]);
  return useCallback((personId) => colours.get(personId) ?? colourOf(personId), [colours]);
}
