/** A board's document: elements and the points of strokes. Reads and writes one of each. */

import * as Y from "yjs";
import { type BoardElement, hasOwnPoints, readElement, writeElement } from "./elements";
import { isContinuedBy, MOST_NUMBERS, toFlat } from "./points";

export class BoardDoc {
  readonly doc: Y.Doc;
  /** Element id to JSON, see `writeElement`. */
  readonly elements: Y.Map<string>;
  /** Element id to the flat points of a stroke or a long line, see `toFlat`. */
  readonly points: Y.Map<Y.Array<number>>;

  constructor(doc: Y.Doc) {
    this.doc = doc;
    this.elements = doc.getMap("elements");
    this.points = doc.getMap("points");
  }

  /** Return all that there is, in no order. */
  all(): BoardElement[] {
    return [...this.elements.keys()].flatMap((id) => this.read(id) ?? []);
  }

  read(id: string): BoardElement | null {
    const json: unknown = this.elements.get(id);
    if (json === undefined) return null;
    const points: unknown = this.points.get(id);
    const isSound = points instanceof Y.Array && points.length <= MOST_NUMBERS;
    return readElement(id, json, isSound ? points.toArray() : undefined);
  }

  /** Tell whether the document says of this element what `element` says. */
  agrees(element: BoardElement): boolean {
    if (element.isDeleted) return !this.elements.has(element.id);
    if (this.elements.get(element.id) !== writeElement(element)) return false;
    if (!hasOwnPoints(element)) return true;
    const stored: unknown = this.points.get(element.id);
    const flat = flatOf(element);
    return (
      stored instanceof Y.Array && stored.length === flat.length && isContinuedBy(stored.toArray(), flat)
    );
  }

  /** Bring the document in line with `element`. Return about how many bytes an update for it takes. */
  write(element: BoardElement): number {
    const { id } = element;
    if (element.isDeleted) {
      this.elements.delete(id);
      this.points.delete(id);
      return id.length;
    }
    let size = 0;
    const json = writeElement(element);
    if (this.elements.get(id) !== json) {
      this.elements.set(id, json);
      size += json.length;
    }
    if (hasOwnPoints(element)) size += this.#writePoints(id, flatOf(element));
    else if (this.points.has(id)) this.points.delete(id);
    return size;
  }

  /** What is drawn on grows at its end: only that is added. */
  #writePoints(id: string, flat: number[]): number {
    const stored: unknown = this.points.get(id);
    const known = stored instanceof Y.Array ? stored.toArray() : [];
    if (stored instanceof Y.Array && isContinuedBy(known, flat)) {
      const added = flat.slice(known.length);
      if (added.length > 0) stored.push(added);
      return added.length * 5;
    }
    this.points.set(id, Y.Array.from(flat));
    return flat.length * 5;
  }
}

function flatOf({ type, points, pressures, simulatePressure }: BoardElement): number[] {
  return toFlat(points ?? [], pressures ?? [], type === "freedraw" && simulatePressure === false);
}
