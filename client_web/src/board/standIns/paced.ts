/**
 * Around Excalidraw's drawing of a scene: what was not on a canvas before is put there a little at a time, frame after
 * frame, so that a pen works meanwhile, however much comes into view at once.
 */

interface Scene {
  canvas: HTMLCanvasElement | null;
  /** From the lowest to the highest. */
  visibleElements: readonly { id: string }[];
  renderConfig: { isExporting: boolean };
}

/** What new elements may cost in one frame. Each has a picture of its own made, which is the dearest part of drawing. */
const FRAME_MS = 24;
/** Each frame puts as many there at least: what is there already is drawn again in every one. */
const LEAST = 25;

/** What is on a canvas, and what was to be drawn there last. */
class Canvas {
  readonly #drawn = new Set<string>();
  #scene: Scene | null = null;
  #atOnce = LEAST;

  show(draw: (scene: Scene) => void, scene: Scene): void {
    this.#scene = scene;
    const fresh = scene.visibleElements.filter(({ id }) => !this.#drawn.has(id));
    const next = new Set(fresh.slice(0, this.#atOnce).map(({ id }) => id));
    for (const id of next) this.#drawn.add(id);
    if (next.size === fresh.length) return draw(scene);
    const before = performance.now();
    draw({ ...scene, visibleElements: scene.visibleElements.filter(({ id }) => this.#drawn.has(id)) });
    this.#pace((performance.now() - before) / next.size);
    requestAnimationFrame(() => {
      if (this.#scene === scene) this.show(draw, scene);
    });
  }

  #pace(msEach: number): void {
    // What one of them costs says only so much of the next.
    this.#atOnce = Math.max(LEAST, Math.min(2 * this.#atOnce, Math.floor(FRAME_MS / msEach)));
  }
}

const canvases = new WeakMap<HTMLCanvasElement, Canvas>();

/** Draw a scene by `draw`, which draws all that it is given; an exported one at once. */
export function drawPaced<S extends Scene>(draw: (scene: S) => void, scene: S): void {
  const { canvas, renderConfig } = scene;
  if (canvas === null || renderConfig.isExporting) return draw(scene);
  let shown = canvases.get(canvas);
  if (shown === undefined) {
    shown = new Canvas();
    canvases.set(canvas, shown);
  }
  shown.show(draw as (scene: Scene) => void, scene);
}
