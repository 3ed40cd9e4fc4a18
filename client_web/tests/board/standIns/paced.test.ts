import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { drawPaced } from "../../../src/board/standIns/paced";

let frames: (() => void)[] = [];
beforeEach(() => {
  frames = [];
  vi.stubGlobal("requestAnimationFrame", (then: () => void) => frames.push(then));
});
afterEach(() => void vi.unstubAllGlobals());

function nextFrame(): void {
  for (const then of frames.splice(0)) then();
}

const named = (count: number, name = "e") =>
  Array.from({ length: count }, (_, at) => ({ id: `${name}${at}` }));

/** A scene on a canvas, and what was drawn of it each time. Each element takes `msEach` of the time. */
function createPainter(msEach: number) {
  const canvas = {} as HTMLCanvasElement;
  const drawn: string[][] = [];
  let now = 0;
  vi.spyOn(performance, "now").mockImplementation(() => now);
  const show = (visibleElements: { id: string }[], isExporting = false) =>
    drawPaced(
      (scene) => {
        now += msEach * scene.visibleElements.length;
        drawn.push(scene.visibleElements.map(({ id }) => id));
      },
      { canvas, visibleElements, renderConfig: { isExporting } },
    );
  return { show, drawn };
}

it("draws much that is new over several frames, the lowest first, until all is there", () => {
  const { show, drawn } = createPainter(2);
  const all = named(500);
  show(all);
  expect(drawn[0]).toEqual(all.slice(0, 25).map(({ id }) => id));
  let count = 0;
  while (frames.length > 0 && count++ < 100) nextFrame();
  expect(drawn.at(-1)).toEqual(all.map(({ id }) => id));
  expect(drawn).toHaveLength(20);
  const sizes = drawn.map((each) => each.length);
  expect(sizes).toEqual(sizes.toSorted((one, other) => one - other));
});

it("draws more in a frame where each takes little", () => {
  const { show, drawn } = createPainter(0.01);
  show(named(500));
  for (let count = 0; frames.length > 0 && count < 100; count++) nextFrame();
  expect(drawn.length).toBeLessThan(7);
  expect(drawn.at(-1)).toHaveLength(500);
});

it("draws little, and what was there before, at once", () => {
  const { show, drawn } = createPainter(2);
  show(named(20));
  expect(drawn).toHaveLength(1);
  for (let count = 0; count < 5; count++) show([...named(20), ...named(20, `new${count}-`)]);
  expect(drawn.map((each) => each.length)).toEqual([20, 40, 40, 40, 40, 40]);
  expect(frames).toHaveLength(0);
});

it("keeps on the canvas what is changed while the rest is on its way", () => {
  const { show, drawn } = createPainter(2);
  show(named(100));
  nextFrame();
  // As when somebody changes them: others under the same ids.
  show(named(100));
  expect(drawn.at(-1)?.slice(0, 50)).toEqual(named(50).map(({ id }) => id));
});

it("leaves off when another scene is to be drawn", () => {
  const { show, drawn } = createPainter(2);
  show(named(100));
  show(named(10, "other"));
  nextFrame();
  expect(drawn).toHaveLength(2);
  expect(drawn.at(-1)).toEqual(named(10, "other").map(({ id }) => id));
});

it("draws an exported scene at once", () => {
  const { show, drawn } = createPainter(2);
  show(named(500), true);
  expect(drawn.map((each) => each.length)).toEqual([500]);
  expect(frames).toHaveLength(0);
});
