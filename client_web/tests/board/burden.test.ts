import { describe, expect, it } from "vitest";
import { Burden, weightOf } from "../../src/board/burden";
import type { BoardElement } from "../../src/board/elements";
import { shape, stroke } from "../support/boardScene";

const text = (letters: number, fontSize: number, fields = {}) => {
  const words = "x".repeat(letters);
  return shape("t", { type: "text", text: words, originalText: words, fontSize, ...fields });
};
const filled = { backgroundColor: "#ffec99", fillStyle: "hachure" };

/** What is left out of a board. Each lies apart from all others unless it has a place. */
function leftOut(elements: readonly BoardElement[]): string[] {
  const burden = new Burden();
  for (const [at, element] of elements.entries()) {
    burden.set({ ...element, id: `e${at}`, x: element.x === 10 ? at * 1_000 : element.x });
  }
  return [...burden.beyond()];
}

const many = (count: number, fields: Partial<BoardElement>) =>
  Array.from({ length: count }, () => shape("r", fields));

describe("what an element weighs", () => {
  it("follows from its size, and of what is largest no more than a canvas can have", () => {
    expect(weightOf(shape("r", { width: 100, height: 60 }))).toBe(140 * 100 + 4_000);
    expect(weightOf(shape("r", { width: 50_000, height: 50_000 }))).toBe(16_777_216 + 4_000);
    expect(weightOf(shape("r", { width: 100, height: 60, ...filled }))).toBe(4 * (140 * 100 + 4_000));
  });

  it("follows from what has to be drawn besides", () => {
    const points = Array.from({ length: 1_000 }, (_, at): [number, number] => [at % 7, at % 5]);
    expect(weightOf(stroke("s", points))).toBeGreaterThan(100_000);
    expect(weightOf(text(20_000, 20))).toBeGreaterThan(1_000_000);
    expect(weightOf(text(20_000, 2_000))).toBeGreaterThan(1e9);
    expect(weightOf(shape("f", { type: "frame", width: 40_000, height: 9_000 }))).toBe(1_000_000);
  });
});

describe("what is left out", () => {
  it("is nothing of what people draw by hand", () => {
    const words = (length: number, fontSize: number, width: number, height: number) =>
      Array.from({ length }, () => text(80, fontSize, { width, height }));
    expect(
      leftOut([
        ...many(3_000, { width: 180, height: 120 }),
        ...words(3_000, 20, 300, 50),
        // Photographs as large as a screen, posters, backgrounds of several screens, slides.
        ...many(40, { type: "image", width: 1_400, height: 1_000 }),
        ...words(20, 200, 3_300, 250),
        ...many(4, { width: 5_000, height: 3_000 }),
        ...many(50, { type: "frame", width: 1_920, height: 1_080 }),
      ]),
    ).toEqual([]);
  });

  it("is nothing of what is written or drawn very densely", () => {
    const letter = Array.from({ length: 20 }, (_, at): [number, number] => [at, at % 9]);
    const written = Array.from({ length: 1_000 }, (_, at) =>
      stroke("s", letter, { x: (at % 40) * 12, y: Math.floor(at / 40) * 20, width: 20, height: 9 }),
    );
    expect(leftOut(written)).toEqual([]);
    expect(leftOut(many(30, { x: 0, y: 0, width: 1_000, height: 700 }))).toEqual([]);
  });

  it("is nothing of what a class scribbles on one spot, nor of straight lines that cross", () => {
    const scribble = (width: number, height: number) => {
      const points = Array.from({ length: 400 }, (_, at): [number, number] => [
        (width / 2) * (1 + Math.sin(at / 5)),
        (height * at) / 400,
      ]);
      return stroke("s", points, { x: 100, y: 100, width, height });
    };
    expect(leftOut(Array.from({ length: 400 }, () => scribble(300, 300)))).toEqual([]);
    expect(leftOut(Array.from({ length: 400 }, () => scribble(900, 500)))).toEqual([]);
    const lines = Array.from({ length: 120 }, (_, at) =>
      shape("r", {
        type: "line",
        x: 0,
        y: 0,
        width: at * 8,
        height: (120 - at) * 8,
        points: [
          [0, 0],
          [1, 1],
        ],
      }),
    );
    expect(leftOut(lines)).toEqual([]);
  });

  it("is nothing of what is drawn across a board that one sees from afar", () => {
    const wide = { width: 3_800, height: 1_900 };
    const points = Array.from({ length: 400 }, (_, at): [number, number] => [at, at]);
    const scribbles = Array.from({ length: 300 }, () => stroke("s", points, wide));
    const arrows = many(300, { ...wide, type: "arrow", points: points.slice(0, 2) });
    expect(leftOut([...scribbles, ...arrows])).toEqual([]);
    expect(leftOut(scribbles.map((one) => ({ ...one, opacity: 50 }))).length).toBeGreaterThan(200);
  });

  it("is what is heaviest, and no more of it than has to be", () => {
    const heavy = Array.from({ length: 100 }, (_, at) => shape("r", { width: 4_000 + at, height: 2_400 }));
    const out = leftOut([...many(5_000, {}), ...heavy]);
    expect(out.sort()).toEqual(Array.from({ length: 84 }, (_, at) => `e${5_016 + at}`).sort());
  });

  it("leaves what is light alone, however much heavy there is, and the other way round", () => {
    const light = { width: 960, height: 960 };
    const endless = text(20_000, 2_000);
    expect(leftOut([...many(300, light), endless])).toEqual(["e300"]);
    const out = leftOut([...many(500, light), shape("r", { width: 2_000, height: 2_000 })]);
    expect(out).toHaveLength(102);
    expect(out).not.toContain("e500");
  });

  it("is what lies on one another beyond measure", () => {
    const heap = { x: 100, y: 100, width: 160, height: 160 };
    expect(10_000 - leftOut(many(10_000, heap)).length).toBe(1_525);
    expect(leftOut([...many(10_000, heap), shape("r", { x: 5_000 })])).not.toContain("e10000");
  });

  it("is the same in whatever order things came, and comes back as others go", () => {
    const [one, other] = [new Burden(), new Burden()];
    const elements = Array.from({ length: 30 }, (_, at) => shape(`e${at}`, { width: 3_000, height: 3_000 }));
    for (const element of elements) one.set(element);
    for (const { id } of elements.toReversed()) other.set(shape(id));
    for (const element of elements.toReversed()) other.set(element);
    expect([...one.beyond()].sort()).toEqual([...other.beyond()].sort());
    expect(one.beyond().size).toBe(13);
    for (const { id } of elements.slice(0, 13)) one.delete(id);
    expect(one.beyond().size).toBe(0);
    one.delete("nobody");
    one.clear();
    for (const element of elements.slice(0, 17)) one.set(element);
    expect(one.beyond().size).toBe(0);
  });
});
