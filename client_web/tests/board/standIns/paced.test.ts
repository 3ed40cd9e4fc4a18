import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { drawPaced } from "../../../src/board/standIns/paced";

let frames: (() => void)[] = [];
beforeEach(() => {
  frames = [];
  vi.stubGlobal("requestAnimationFrame", (then: () => void) => frames.push(then));
  vi.stubGlobal("document", { createElement: () => new Paper() });
});
afterEach(() => void vi.unstubAllGlobals());

/** A canvas that knows what was drawn on it, from the lowest to the highest. */
class Paper {
  ids: string[] = [];
  resetTransform(): void {}
  drawImage(sheet: Paper): void {
    this.ids.push(...sheet.ids);
  }
  getContext() {
    return this;
  }
}

const named = (count: number, name = "e") =>
  Array.from({ length: count }, (_, at) => ({ id: `${name}${at}` }));
const idsOf = (elements: readonly { id: string }[]) => elements.map(({ id }) => id);

/** Draws scenes on a canvas. Each element takes `msEach` of the time. */
function createPainter(msEach: number) {
  const paper = new Paper();
  /** How many elements were drawn, each time. */
  const counts: number[] = [];
  let now = 0;
  vi.spyOn(performance, "now").mockImplementation(() => now);
  const show = (visibleElements: { id: string }[], isExporting = false) =>
    drawPaced(
      ({ canvas, visibleElements: drawn, appState }) => {
        now += msEach * drawn.length;
        counts.push(drawn.length);
        // What is drawn above something is drawn on nothing.
        const isAbove = appState.viewBackgroundColor === "transparent";
        expect(canvas === (paper as unknown)).toBe(!isAbove);
        (canvas as unknown as Paper).ids = idsOf(drawn);
      },
      {
        canvas: paper as unknown as HTMLCanvasElement,
        visibleElements,
        appState: { viewBackgroundColor: "#ffffff" },
        renderConfig: { isExporting },
      },
    );
  return { paper, counts, show };
}

function nextFrame(): void {
  for (const then of frames.splice(0)) then();
}

/** Let frames pass until nothing is to be drawn any more. Return how many there were. */
function settle(): number {
  for (let count = 0; ; count++) {
    if (frames.length === 0) return count;
    expect(count).toBeLessThan(200);
    nextFrame();
  }
}

it("draws much that is new over several frames, the lowest first, until all is there in order", () => {
  const { paper, counts, show } = createPainter(1);
  const all = named(500);
  show(all);
  expect(paper.ids).toEqual(idsOf(all.slice(0, 25)));
  nextFrame();
  expect(paper.ids).toEqual(idsOf(all.slice(0, 50)));
  expect(settle()).toBeGreaterThanOrEqual(19);
  expect(Math.max(...counts.slice(0, -1))).toBe(25);
  expect(paper.ids).toEqual(idsOf(all));
});

it("draws more in a frame where each takes little", () => {
  const { paper, show } = createPainter(0.01);
  show(named(500));
  expect(settle()).toBeLessThan(7);
  expect(paper.ids).toHaveLength(500);
});

it("draws little, and what was there before, at once", () => {
  const { counts, show } = createPainter(1);
  show(named(10));
  for (let count = 0; count < 5; count++) show([...named(10 * count), ...named(10, `new${count}-`)]);
  expect(counts).toEqual([10, 10, 20, 30, 40, 50]);
  expect(frames).toHaveLength(0);
});

it("puts what is new below what was there, where it belongs there", () => {
  const { paper, show } = createPainter(1);
  const highest = { id: "highest" };
  show([highest]);
  const all = [...named(100), highest];
  show(all);
  settle();
  expect(paper.ids).toEqual(idsOf(all));
});

it("keeps on the canvas what is changed while the rest is on its way", () => {
  const { paper, show } = createPainter(1);
  show(named(100));
  nextFrame();
  const before = paper.ids.length;
  // As when somebody changes them: others under the same ids.
  show(named(100));
  expect(paper.ids.length).toBeGreaterThan(before);
  settle();
  expect(paper.ids).toEqual(idsOf(named(100)));
});

it("leaves off when another scene is to be drawn", () => {
  const { paper, show } = createPainter(1);
  show(named(100));
  show(named(10, "other"));
  settle();
  expect(paper.ids).toEqual(idsOf(named(10, "other")));
});

it("draws an exported scene at once", () => {
  const { counts, show } = createPainter(1);
  show(named(500), true);
  expect(counts).toEqual([500]);
  expect(frames).toHaveLength(0);
});
