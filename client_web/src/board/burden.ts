/**
 * How much work a board is to draw, and what of it is left out so that a page which shows it stays usable. What somebody
 * draws by hand is far below all of it. The same is left out on all pages, whatever order it came in. Pure.
 */

import type { BoardElement } from "./elements";
import { isDrawnDirectly } from "./standIns/directly";

/** Excalidraw draws each element on a canvas of its own, of at most so many pixels. */
const LARGEST_CANVAS = 16_777_216;
/** What a canvas has around an element. Scene units. */
const MARGIN = 20;
/** What is as much work as how many pixels: of a stroke smoothing a point, of a line bending it, of a text any letter, */
const [OF_STROKE, OF_LINE, OF_LETTER] = [100, 400, 50];
/** in a size in which letters are drawn as shapes, the share of their square, */
const OF_LARGE_LETTER = 1 / 8;
/** a frame, whose name is an element of the page, */
const OF_FRAME = 1_000_000;
/** and each pixel of a hatched area. */
const HATCHED = 4;
/** What is drawn anew in each frame, and each of its points. */
const [DIRECTLY, OF_DIRECT_POINT] = [200_000, 2_000];

/** What any element costs, however small. */
const OF_ELEMENT = 4_000;

/** What weighs more is looked at apart, so that a few of them leave all others alone. As pixels at full size. */
const HEAVY = 2_000_000;
const MOST_HEAVY = 160_000_000;
const MOST_LIGHT = 400_000_000;
/** What is about as large as one another is counted by squares of about its size, of which the smallest has this side. */
const SQUARE = 512;
/**
 * So many times may each of these be covered: what is seen at once is much only where things lie on one another. Where
 * children scribble, hundreds of strokes do.
 */
const MOST_LAYERS = 256;

const NOTHING: ReadonlySet<string> = new Set();

/** Return how much work an element is to draw, as pixels. */
export function weightOf(element: BoardElement): number {
  const { type, width, height, points, fontSize, originalText } = element;
  if (type === "frame") return OF_FRAME;
  if (points !== undefined && isDrawnDirectly(element)) return DIRECTLY + points.length * OF_DIRECT_POINT;
  const area = Math.min(LARGEST_CANVAS, (width + 2 * MARGIN) * (height + 2 * MARGIN)) + OF_ELEMENT;
  if (type === "text") {
    const letters = Math.max(String(element.text).length, String(originalText).length);
    return area + letters * (OF_LETTER + Number(fontSize) ** 2 * OF_LARGE_LETTER);
  }
  if (points !== undefined) return area + points.length * (type === "freedraw" ? OF_STROKE : OF_LINE);
  const isHatched = element.backgroundColor !== "transparent" && element.fillStyle !== "solid";
  return isHatched ? area * HATCHED : area;
}

interface Load {
  weight: number;
  /** Names the square that it lies in, */
  square: string;
  /** which bears so much. */
  most: number;
}

/** What everything on a board weighs, by element. */
export class Burden {
  readonly #loads = new Map<string, Load>();
  #sum = new Sum();

  set(element: BoardElement): void {
    const load = loadOf(element);
    this.delete(element.id);
    this.#loads.set(element.id, load);
    this.#sum.add(load, 1);
  }

  delete(id: string): void {
    const load = this.#loads.get(id);
    if (load === undefined) return;
    this.#loads.delete(id);
    this.#sum.add(load, -1);
  }

  clear(): void {
    this.#loads.clear();
    this.#sum = new Sum();
  }

  /** Return what is left out: the heaviest, until the rest can be borne. */
  beyond(): ReadonlySet<string> {
    if (this.#sum.isBorne) return NOTHING;
    const sum = new Sum();
    const beyond = new Set<string>();
    for (const [id, load] of [...this.#loads].sort(lightestFirst)) {
      sum.add(load, 1);
      if (sum.isBorne) continue;
      sum.add(load, -1);
      beyond.add(id);
    }
    return beyond;
  }
}

class Sum {
  readonly #squares = new Map<string, number>();
  #overfull = 0;
  #heavy = 0;
  #light = 0;

  get isBorne(): boolean {
    return this.#overfull === 0 && this.#heavy <= MOST_HEAVY && this.#light <= MOST_LIGHT;
  }

  add({ weight, square, most }: Load, times: 1 | -1): void {
    if (weight > HEAVY) this.#heavy += weight * times;
    else this.#light += weight * times;
    const before = this.#squares.get(square) ?? 0;
    const after = before + weight * times;
    this.#squares.set(square, after);
    this.#overfull += Number(after > most) - Number(before > most);
  }
}

function loadOf(element: BoardElement): Load {
  const { x, y, width, height } = element;
  const side = SQUARE * 2 ** Math.max(0, Math.ceil(Math.log2(Math.max(width, height, 1) / SQUARE)));
  const [column, row] = [Math.floor((x + width / 2) / side), Math.floor((y + height / 2) / side)];
  // Weights are whole, so that adding and taking away again comes to nothing.
  const weight = Math.ceil(weightOf(element));
  return { weight, square: `${side} ${column} ${row}`, most: Math.max(side * side * MOST_LAYERS, weight) };
}

function lightestFirst([a, left]: [string, Load], [b, right]: [string, Load]): number {
  return left.weight - right.weight || (a < b ? -1 : 1);
}
