import { describe, expect, it } from "vitest";
import * as Y from "yjs";
import { BoardDoc } from "../../src/board/boardDoc";
import { templateUpdate } from "../../src/board/templates";
import {
  boundsOf,
  firstView,
  isSamePlace,
  lookAt,
  readBounds,
  wholeView,
  zoomed,
} from "../../src/board/viewport";
import { shape, stroke } from "../support/boardScene";

const own = { scrollX: 100, scrollY: -50, zoom: 2, width: 800, height: 600 };

it("knows what one sees", () => {
  expect(boundsOf(own)).toEqual([-100, 50, 300, 350]);
});

it("shows the same on a screen of the same shape", () => {
  expect(lookAt(boundsOf(own), 800, 600)).toEqual(own);
  expect(lookAt(boundsOf(own), 400, 300)).toMatchObject({ zoom: 1 });
});

it("shows all of it, in the middle, on a screen of another shape", () => {
  const narrow = lookAt(boundsOf(own), 360, 740);
  const [left, top, right, bottom] = boundsOf(narrow);
  expect([left, right]).toEqual([-100, 300]);
  expect(top).toBeLessThan(50);
  expect(50 - top).toBeCloseTo(bottom - 350);
});

it("zooms no further than the editor can", () => {
  expect(lookAt([0, 0, 1_000_000, 10], 800, 600).zoom).toBe(0.1);
  expect(lookAt([0, 0, 1, 1], 800, 600).zoom).toBe(30);
});

it("takes what differs by rounding for the same place", () => {
  expect(isSamePlace(own, { ...own, scrollX: 100.4 })).toBe(true);
  expect(isSamePlace(own, { ...own, scrollY: -48 })).toBe(false);
  expect(isSamePlace(own, { ...own, zoom: 2.1 })).toBe(false);
});

it("reads what others tell, and nothing else", () => {
  expect(readBounds([0, 0, 10, 10])).toEqual([0, 0, 10, 10]);
  for (const odd of [null, [0, 0, 1], [0, 0, "1", 1], [0, 0, 0, 5], [5, 0, 0, 5], [0, 0, 1e300, 1]]) {
    expect(readBounds(odd)).toBeNull();
  }
});

describe("where one looks first", () => {
  const wide = shape("r", { x: -500, y: 100, width: 2_000, height: 400 });

  it("is nowhere in particular on an empty board", () => {
    expect(firstView([], 800, 600)).toBeNull();
  });

  it("shows all of it between the tools, no larger than it is", () => {
    const view = firstView([wide], 1_280, 800);
    const [left, top, right, bottom] = boundsOf(view ?? own);
    expect(left).toBeLessThan(-500);
    expect(right).toBeGreaterThan(1_500);
    expect([left + right, top < 100, bottom > 500]).toEqual([1_000, true, true]);
    expect(firstView([shape("r")], 1_280, 800)?.zoom).toBe(1);
  });

  it("begins where one begins to read, where it could not be read otherwise", () => {
    const below = shape("b", { x: -2_000, y: 700 });
    const view = firstView([below, wide], 360, 740);
    const [left, top, right] = boundsOf(view ?? own);
    expect(view?.zoom).toBe(0.4);
    expect([left, right]).toEqual([-550, 350]);
    expect(top).toBeLessThan(100);
  });

  it.each([
    [360, 590, 12],
    [1_254, 440, 14],
    [1_894, 740, 14],
  ])("lets the headings of templates be read on %i × %i", (width, height, least) => {
    for (const template of ["t_chart", "kwl", "lesson_plan", "retrospective"] as const) {
      const columns = Array.from({ length: template === "lesson_plan" ? 6 : 3 }, () => ({
        heading: "a",
        hint: "b",
      }));
      const doc = new Y.Doc();
      Y.applyUpdate(doc, templateUpdate(template, { title: "t", columns }));
      const board = new BoardDoc(doc);
      const elements = [...board.elements.keys()].flatMap((id) => board.read(id) ?? []);
      const view = firstView(elements, width, height);
      const [left, top] = boundsOf(view ?? own);
      const headings = elements.filter(({ id }) => id.endsWith("-words"));
      for (const { fontSize } of headings) {
        expect(Number(fontSize) * (view?.zoom ?? 0), template).toBeGreaterThanOrEqual(least);
      }
      expect([left <= 0, top <= 0], "its title is there").toEqual([true, true]);
    }
  });

  it("draws only some of very many", () => {
    const inARow = Array.from({ length: 5_000 }, (_, at) => shape(`r${at}`, { x: at * 10, y: 0 }));
    expect(firstView(inARow, 1_280, 800)?.zoom).toBe(0.8);
    const inAHeap = inARow.map((one, at) => ({ ...one, x: (at % 70) * 20, y: Math.floor(at / 70) * 20 }));
    expect(firstView(inAHeap, 1_280, 800)?.zoom).toBe(2);
    // Of these, all are seen wherever one looks.
    const onOneAnother = inARow.map((one, at) => ({ ...one, x: at % 300, width: 400, height: 400 }));
    expect(firstView(onOneAnother, 1_280, 800)?.zoom).toBe(1);
  });

  it("is at some of very many, not between them", () => {
    const apart = Array.from({ length: 901 }, (_, at) =>
      shape(`r${at}`, { x: at < 400 ? 0 : 90_000, y: at * 20 }),
    );
    const [left, , right] = boundsOf(firstView(apart, 1_280, 800) ?? own);
    expect([left < 90_000, right > 90_000]).toEqual([true, true]);
  });

  it("knows that a stroke may go left and up from where it begins", () => {
    const points: [number, number][] = [
      [0, 0],
      [-600, -400],
    ];
    const [left, top] = boundsOf(
      firstView([stroke("s", points, { width: 600, height: 400 })], 700, 700) ?? own,
    );
    expect(left).toBeLessThan(-590);
    expect(top).toBeLessThan(-380);
  });
});

it("shows all of a board when that is asked for, however small", () => {
  expect(wholeView([], 360, 740)).toBeNull();
  const [left, , right] = boundsOf(wholeView([shape("r", { x: -500, width: 2_000 })], 360, 740) ?? own);
  expect([left < -500, right > 1_500]).toEqual([true, true]);
  expect(wholeView([shape("r", { width: 40_000 })], 360, 740)?.zoom).toBe(0.1);
});

it("keeps the middle where it is when things become larger or smaller", () => {
  const middle = (view: typeof own) => {
    const [left, top, right, bottom] = boundsOf(view);
    return [(left + right) / 2, (top + bottom) / 2];
  };
  expect(zoomed(own, 1.25).zoom).toBe(2.5);
  for (const by of [1.25, 0.8, 100, 0.001]) {
    const [x = 0, y = 0] = middle(zoomed(own, by));
    expect([x, y].map(Math.round)).toEqual(middle(own));
  }
  expect([zoomed(own, 100).zoom, zoomed(own, 0.001).zoom]).toEqual([30, 0.1]);
});
