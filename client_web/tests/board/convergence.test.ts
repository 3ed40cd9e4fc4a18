import { expect, it } from "vitest";
import * as Y from "yjs";
import { BoardDoc } from "../../src/board/boardDoc";
import { hasOwnPoints, writeElement } from "../../src/board/elements";
import { toFlat } from "../../src/board/points";
import { Clock, createPage, type Page, shape, stroke } from "../support/boardScene";

const RUNS = 100;
const STEPS = 60;
const PAGES = 3;
/** A machine may be busy. */
const PATIENCE_MS = 120_000;

/** Numbers from 0 to below 1, the same ones for the same seed (mulberry32). */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A line that loses nothing, but is late, out of order, and sometimes says things twice. */
class Line {
  readonly #waiting: { to: Page; update: Uint8Array }[] = [];
  readonly #random: () => number;

  constructor(pages: readonly Page[], random: () => number) {
    this.#random = random;
    for (const from of pages) {
      from.doc.on("update", (update: Uint8Array, origin: unknown) => {
        if (origin === "line") return;
        for (const to of pages) if (to !== from) this.#waiting.push({ to, update });
      });
    }
  }

  deliver(most: number): void {
    for (let count = 0; count < most && this.#waiting.length > 0; count += 1) {
      const at = Math.floor(this.#random() * this.#waiting.length);
      const [entry] = this.#random() < 0.1 ? [this.#waiting[at]] : this.#waiting.splice(at, 1);
      if (entry !== undefined) Y.applyUpdate(entry.to.doc, entry.update, "line");
    }
  }

  deliverAll(): void {
    for (const { to, update } of this.#waiting.splice(0)) Y.applyUpdate(to.doc, update, "line");
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }
}

function act({ scene }: Page, random: () => number, step: number): void {
  const pick = scene.shown[Math.floor(random() * scene.shown.length)];
  const dice = random();
  const points = (pick?.points ?? []) as [number, number][];
  if (pick === undefined || dice < 0.2) {
    const index = `a${"123456789"[Math.floor(random() * 9)]}`;
    const id = `${step}-${Math.floor(random() * 1e9)}`;
    scene.add(random() < 0.5 ? shape(id, { index }) : stroke(id, [[0, 0]], { index }));
  } else if (dice < 0.3) scene.change(pick.id, { isDeleted: true });
  else if (dice < 0.4) scene.change(pick.id, { isDeleted: false });
  else if (dice < 0.5) scene.held.add(pick.id);
  else if (dice < 0.6) scene.held.clear();
  else if (pick.type === "rectangle") scene.change(pick.id, { x: Math.round(random() * 100) });
  else if (dice < 0.8) scene.change(pick.id, { points: [...points, [step, Math.round(random() * 50)]] });
  else scene.change(pick.id, { points: points.map(([x, y]) => [x * 2, y]) });
}

/** All that a page shows, without the versions that are its own. */
function content({ scene }: Page): string[] {
  return scene.present().map((element) => {
    const flat = hasOwnPoints(element) ? toFlat(element.points ?? [], [], false) : [];
    return `${writeElement(element)} ${flat}`;
  });
}

function contentOf(doc: Y.Doc): string[] {
  const board = new BoardDoc(doc);
  return [...board.elements].map(([id, json]) => `${json} ${board.points.get(id)?.toArray() ?? ""}`);
}

it(
  "all pages show the same in the end, and it is what the documents say",
  () => {
    for (let seed = 1; seed <= RUNS; seed += 1) {
      const random = createRandom(seed);
      const clock = new Clock();
      const pages = Array.from({ length: PAGES }, (_, at) => createPage(clock, at + 1));
      const line = new Line(pages, random);
      for (let step = 0; step < STEPS; step += 1) {
        const page = pages[Math.floor(random() * PAGES)];
        if (page !== undefined) act(page, random, step);
        clock.pass(Math.floor(random() * 40));
        if (random() < 0.5) line.deliver(Math.floor(random() * 8));
      }
      for (const { scene } of pages) {
        scene.held.clear();
        scene.onChange();
      }
      for (let round = 0; round < 20; round += 1) {
        clock.pass(100);
        line.deliverAll();
      }
      clock.pass(100);
      expect(line.isEmpty, `seed ${seed} never comes to rest`).toBe(true);
      const [first = [], ...more] = pages.map(content);
      for (const other of more) expect(other, `seed ${seed}`).toEqual(first);
      for (const { doc } of pages) expect(contentOf(doc).sort(), `seed ${seed}`).toEqual([...first].sort());
    }
  },
  PATIENCE_MS,
);
