/** Which colour each person has on this page: different ones, as long as there are enough. */

import { createContext } from "react";
import { COLOUR_COUNT, colourOf } from "./initials";

export class Palette {
  readonly #given = new Map<string, number>();
  readonly #uses = new Array<number>(COLOUR_COUNT).fill(0);

  /** Return a number below `COLOUR_COUNT`, the same each time: the person's own, or the next that fewer others have. */
  of(personId: string): number {
    const known = this.#given.get(personId);
    if (known !== undefined) return known;
    const first = colourOf(personId);
    const order = this.#uses.map((_, step) => (first + step) % COLOUR_COUNT);
    const fewest = Math.min(...this.#uses);
    const colour = order.find((candidate) => this.#uses[candidate] === fewest) ?? first;
    this.#given.set(personId, colour);
    this.#uses[colour] = fewest + 1;
    return colour;
  }
}

/** One for the whole page, so that somebody keeps their colour from the door into the room. */
export const PaletteContext = createContext<Palette | null>(null);
