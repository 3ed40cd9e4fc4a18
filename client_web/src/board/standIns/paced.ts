/**
 * Around Excalidraw's drawing of a scene: what was not on a canvas before is put there a little at a time, frame after
 * frame, so that a pen works meanwhile, however much comes into view at once.
 */

/** Of what Excalidraw draws by, what matters here. */
interface Scene {
  canvas: HTMLCanvasElement | null;
  /** From the lowest to the highest. */
  visibleElements: readonly { id: string }[];
  appState: { viewBackgroundColor: string | null };
  renderConfig: { isExporting: boolean; renderGrid?: boolean };
}

type Draw = (scene: Scene) => void;

/** What new elements may cost in one frame. Each has a picture of its own made, which is the dearest part of drawing. */
const FRAME_MS = 24;
/** So many at first and at least: every frame has its price, and a slow page would never come to an end. */
const LEAST = 25;

/** What is on a canvas, and what was to be drawn there last. */
class Canvas {
  readonly #element: HTMLCanvasElement;
  readonly #drawn = new Set<string>();
  #latest: Scene | null = null;
  #atOnce = LEAST;

  constructor(element: HTMLCanvasElement) {
    this.#element = element;
  }

  show(draw: Draw, scene: Scene): void {
    this.#latest = scene;
    const { visibleElements: all } = scene;
    const fresh = all.filter(({ id }) => !this.#drawn.has(id));
    if (fresh.length <= this.#atOnce) {
      for (const { id } of fresh) this.#drawn.add(id);
      return draw(scene);
    }
    this.#put(fresh.slice(0, this.#atOnce), () =>
      draw({ ...scene, visibleElements: all.filter(({ id }) => this.#drawn.has(id)) }),
    );
    this.#goOnLater(draw, scene);
  }

  #goOnLater(draw: Draw, scene: Scene): void {
    requestAnimationFrame(() => {
      if (this.#latest === scene) this.#goOn(draw, scene);
    });
  }

  /** Put more above what is there; in the end, what was there before may have to be above that. */
  #goOn(draw: Draw, scene: Scene): void {
    const fresh = scene.visibleElements.filter(({ id }) => !this.#drawn.has(id));
    if (fresh.length === 0) return draw(scene);
    const next = fresh.slice(0, this.#atOnce);
    this.#put(next, () => this.#drawAbove(draw, { ...scene, visibleElements: next }));
    this.#goOnLater(draw, scene);
  }

  #drawAbove(draw: Draw, scene: Scene): void {
    const { width, height } = this.#element;
    const sheet = Object.assign(document.createElement("canvas"), { width, height });
    const appState = { ...scene.appState, viewBackgroundColor: "transparent" };
    draw({ ...scene, canvas: sheet, appState, renderConfig: { ...scene.renderConfig, renderGrid: false } });
    const brush = this.#element.getContext("2d");
    brush?.resetTransform();
    brush?.drawImage(sheet, 0, 0);
  }

  #put(elements: readonly { id: string }[], draw: () => void): void {
    for (const { id } of elements) this.#drawn.add(id);
    const before = performance.now();
    draw();
    const each = (performance.now() - before) / elements.length;
    // What one of them costs says only so much of the next.
    this.#atOnce = Math.max(LEAST, Math.min(2 * this.#atOnce, Math.floor(FRAME_MS / each)));
  }
}

const canvases = new WeakMap<HTMLCanvasElement, Canvas>();

/** Draw a scene by `draw`, which draws all that it is given; an exported one at once. */
export function drawPaced<S extends Scene>(draw: (scene: S) => void, scene: S): void {
  const { canvas, renderConfig } = scene;
  if (canvas === null || renderConfig.isExporting) return draw(scene);
  let known = canvases.get(canvas);
  if (known === undefined) {
    known = new Canvas(canvas);
    canvases.set(canvas, known);
  }
  known.show(draw as Draw, scene);
}
