import * as Y from "yjs";
import { BoardBinding, type Later, type Scene } from "../../src/board/binding";
import type { BoardElement } from "../../src/board/elements";

/** An element as Excalidraw makes it. */
export function shape(id: string, fields: Partial<BoardElement> = {}): BoardElement {
  return {
    ...{ id, type: "rectangle", version: 1, versionNonce: 1, index: "a1", isDeleted: false },
    ...{ x: 10, y: 20, width: 100, height: 50, angle: 0, seed: 7, groupIds: [], frameId: null },
    ...{ strokeColor: "#1e1e1e", backgroundColor: "transparent", fillStyle: "solid", strokeWidth: 2 },
    ...{ strokeStyle: "solid", roundness: null, roughness: 1, opacity: 100, boundElements: null },
    ...{ link: null, locked: false },
    ...fields,
  };
}

export function stroke(id: string, points: [number, number][], fields: Partial<BoardElement> = {}) {
  return shape(id, {
    ...{ type: "freedraw", points, pressures: [], simulatePressure: true, lastCommittedPoint: null },
    ...fields,
  });
}

/** Time that passes when a test says so. */
export class Clock {
  now = 0;
  readonly #waiting: { at: number; then: () => void }[] = [];

  readonly later: Later = (then, ms) => {
    const entry = { at: this.now + ms, then };
    this.#waiting.push(entry);
    return () => {
      const at = this.#waiting.indexOf(entry);
      if (at >= 0) this.#waiting.splice(at, 1);
    };
  };

  pass(ms: number): void {
    const end = this.now + ms;
    for (;;) {
      const due = this.#waiting.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (due === undefined) break;
      this.#waiting.splice(this.#waiting.indexOf(due), 1);
      this.now = due.at;
      due.then();
    }
    this.now = end;
  }
}

/** An editor without a screen. Like Excalidraw it changes an element in place, its version with it. */
export class PlainScene implements Scene {
  shown: BoardElement[] = [];
  readonly held = new Set<string>();
  replaced = 0;
  restored = 0;
  onChange = () => {};
  #nonce = 1;

  elements = () => this.shown;
  busy = () => this.held;

  restore(element: BoardElement): BoardElement | null {
    this.restored += 1;
    return element;
  }

  replace(elements: readonly BoardElement[]): void {
    this.replaced += 1;
    this.shown = [...elements];
    this.onChange();
  }

  add(element: BoardElement): void {
    const isAbove = (other: BoardElement) => `${other.index}:${other.id}` > `${element.index}:${element.id}`;
    const added = { ...element, versionNonce: this.#next() };
    const below = this.shown.filter((other) => !isAbove(other));
    this.shown = [...below, added, ...this.shown.filter(isAbove)];
    this.onChange();
  }

  change(id: string, fields: Partial<BoardElement>): void {
    const element = this.get(id);
    Object.assign(element, fields, { version: element.version + 1, versionNonce: this.#next() });
    this.onChange();
  }

  get(id: string): BoardElement {
    const element = this.shown.find((one) => one.id === id);
    if (element === undefined) throw new Error(`no ${id} here`);
    return element;
  }

  present(): BoardElement[] {
    return this.shown.filter((element) => !element.isDeleted);
  }

  #next(): number {
    this.#nonce += 2;
    return this.#nonce;
  }
}

/** A page: a document, a scene and what binds them. */
export function createPage(clock: Clock, clientId?: number, isEditable = true) {
  const doc = new Y.Doc();
  if (clientId !== undefined) doc.clientID = clientId;
  const scene = new PlainScene();
  const pictures: string[] = [];
  let full = 0;
  let heavy = 0;
  const binding = new BoardBinding({
    doc,
    scene,
    later: clock.later,
    onPicture: (fileId) => pictures.push(fileId),
    onFull: () => {
      full += 1;
    },
    onHeavy: () => {
      heavy += 1;
    },
  });
  binding.setEditable(isEditable);
  scene.onChange = () => binding.onSceneChange();
  const updates: Uint8Array[] = [];
  doc.on("update", (update: Uint8Array, origin: unknown) => {
    if (origin !== "line") updates.push(update);
  });
  scene.shown = binding.open();
  return { doc, scene, binding, updates, pictures, fullTimes: () => full, heavyTimes: () => heavy };
}

export type Page = ReturnType<typeof createPage>;

/** Join two pages by a line without delay. */
export function join(a: Page, b: Page): void {
  a.doc.on("update", (update: Uint8Array, origin: unknown) => {
    if (origin !== "line") Y.applyUpdate(b.doc, update, "line");
  });
  b.doc.on("update", (update: Uint8Array, origin: unknown) => {
    if (origin !== "line") Y.applyUpdate(a.doc, update, "line");
  });
}
