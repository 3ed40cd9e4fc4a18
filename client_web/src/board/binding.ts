/**
 * Keeps a board's scene and its document in step. The document decides: what it says is shown, with a version of this
 * page's own, so that all pages show the same whatever order changes arrived in. Only what one is drawing, typing or
 * dragging just now waits for its end. What others change never enters this page's history of undoing.
 */

import type * as Y from "yjs";
import { BoardDoc } from "./boardDoc";
import { type BoardElement, isBoardType } from "./elements";

/** What the binding needs of the editor. */
export interface Scene {
  /** All elements from the lowest to the highest, deleted ones among them. */
  elements(): readonly BoardElement[];
  /** Ids of what one is drawing, typing or dragging now. */
  busy(): ReadonlySet<string>;
  /** Show these, without making it possible to undo it. */
  replace(elements: readonly BoardElement[]): void;
  /** Fill in what the editor expects of an element; null for what it would not draw. */
  restore(element: BoardElement): BoardElement | null;
}

/** Calls `then` once after `ms`; the result calls it off. */
export type Later = (then: () => void, ms: number) => () => void;

export interface BindingOptions {
  doc: Y.Doc;
  scene: Scene;
  later: Later;
  /** A picture stands on the board, put there by somebody else or by this page. */
  onPicture?(fileId: string): void;
  /** There was no place for what was drawn last. */
  onFull?(): void;
}

/** At most one update so often while one draws. */
export const WRITE_MS = 33;
/** Changes of others are shown together once per frame. */
const SHOW_MS = 16;
/** What one update may carry; the rest follows in the next. */
const MOST_UPDATE_BYTES = 64 * 1024;
export const MOST_ELEMENTS = 10_000;

interface Stamp {
  version: number;
  versionNonce: number;
}

export class BoardBinding {
  readonly #board: BoardDoc;
  readonly #options: BindingOptions;
  #isEditable = false;
  #isOpen = false;
  /** The version in the scene that says what the document says. */
  readonly #known = new Map<string, Stamp>();
  /** Changed in the document and not shown yet. */
  readonly #stale = new Set<string>();
  /** Left out for want of a place; looked at again when one is free. */
  readonly #leftOut = new Set<string>();
  #cancelWrite: (() => void) | null = null;
  #cancelShow: (() => void) | null = null;

  constructor(options: BindingOptions) {
    this.#options = options;
    this.#board = new BoardDoc(options.doc);
  }

  /** Begin. Return what the document holds now, from the lowest to the highest, for the editor to restore and show. */
  open(): BoardElement[] {
    this.close();
    this.#board.elements.observe(this.#onElements);
    this.#board.points.observeDeep(this.#onPoints);
    this.#isOpen = true;
    this.#known.clear();
    const loaded: BoardElement[] = [];
    for (const id of this.#board.elements.keys()) {
      const element = this.#board.read(id);
      if (element === null) continue;
      this.#tellPicture(element);
      if (loaded.length < MOST_ELEMENTS) loaded.push({ ...element, versionNonce: nonce() });
      else this.#leftOut.add(id);
    }
    this.#stale.clear();
    for (const element of loaded) this.#know(element);
    return loaded.sort(byIndex);
  }

  /** The scene may have changed. */
  onSceneChange(): void {
    if (!this.#isOpen) return;
    if (this.#stale.size > 0) this.#showSoon();
    if (this.#isEditable) this.#writeSoon();
  }

  setEditable(isEditable: boolean): void {
    if (!isEditable) this.flush();
    this.#isEditable = isEditable;
  }

  /** Write what is not written yet, now. */
  flush(): void {
    this.#cancelWrite?.();
    this.#cancelWrite = null;
    if (!this.#isEditable || !this.#isOpen) return;
    while (!this.#write());
  }

  /** It can be opened again. */
  close(): void {
    if (!this.#isOpen) return;
    this.flush();
    this.#isOpen = false;
    this.#cancelShow?.();
    this.#cancelShow = null;
    this.#board.elements.unobserve(this.#onElements);
    this.#board.points.unobserveDeep(this.#onPoints);
  }

  readonly #onElements = ({ keysChanged, transaction }: Y.YMapEvent<string>) => {
    if (transaction.origin !== this) this.#markStale(keysChanged);
  };

  readonly #onPoints = (events: Y.YEvent<Y.AbstractType<unknown>>[], { origin }: Y.Transaction) => {
    if (origin === this) return;
    for (const { path, keys } of events) {
      const [id] = path;
      this.#markStale(id === undefined ? keys.keys() : [String(id)]);
    }
  };

  #markStale(ids: Iterable<string>): void {
    for (const id of ids) this.#stale.add(id);
    this.#showSoon();
  }

  #showSoon(): void {
    this.#cancelShow ??= this.#options.later(() => {
      this.#cancelShow = null;
      this.#show();
    }, SHOW_MS);
  }

  #writeSoon(): void {
    this.#cancelWrite ??= this.#options.later(() => {
      this.#cancelWrite = null;
      if (!this.#write()) this.#writeSoon();
    }, WRITE_MS);
  }

  /** Show what others changed. Reads only that, however much is on the board. */
  #show(): void {
    const busy = this.#options.scene.busy();
    const shown = this.#options.scene.elements();
    const waiting = new Set([...this.#stale].filter((id) => busy.has(id)));
    const wanted = new Set([...this.#stale].filter((id) => !busy.has(id)));
    this.#stale.clear();
    for (const id of waiting) this.#stale.add(id);
    if (wanted.size === 0) return;

    let isOrdered = true;
    let hasChanged = false;
    let left = MOST_ELEMENTS;
    const next = shown.map((element) => {
      const replaced = wanted.delete(element.id) ? this.#inLine(element) : element;
      hasChanged ||= replaced !== element;
      isOrdered &&= replaced.index === element.index;
      if (!replaced.isDeleted) left -= 1;
      return replaced;
    });
    for (const id of [...wanted, ...this.#leftOut]) {
      const element = this.#read(id);
      this.#leftOut.delete(id);
      if (element === null) continue;
      if (left <= 0) {
        this.#leftOut.add(id);
        continue;
      }
      next.push(this.#stamped(element, element.version));
      left -= 1;
      [hasChanged, isOrdered] = [true, false];
    }
    if (!hasChanged) return;
    if (!isOrdered) next.sort(byIndex);
    this.#options.scene.replace(next);
  }

  /** Return what to show in place of `shown`: what the document says, or `shown` where it says the same. */
  #inLine(shown: BoardElement): BoardElement {
    // What this page has yet to write comes after what arrived.
    if (this.#isEditable && !this.#isKnown(shown)) return shown;
    const element = this.#read(shown.id);
    if (element === null) {
      return shown.isDeleted ? shown : this.#stamped({ ...shown, isDeleted: true }, shown.version + 1);
    }
    if (this.#board.agrees(shown)) return shown;
    return this.#stamped(element, shown.version + 1);
  }

  #read(id: string): BoardElement | null {
    const element = this.#board.read(id);
    if (element === null) return null;
    this.#tellPicture(element);
    return this.#options.scene.restore(element);
  }

  #tellPicture({ fileId }: BoardElement): void {
    if (typeof fileId === "string") this.#options.onPicture?.(fileId);
  }

  /** The editor tells changes by versions that grow, and by a number that is another one each time. */
  #stamped(element: BoardElement, version: number): BoardElement {
    const stamped = { ...element, version, versionNonce: nonce() };
    this.#know(stamped);
    return stamped;
  }

  #know({ id, version, versionNonce }: BoardElement): void {
    this.#known.set(id, { version, versionNonce });
  }

  #isKnown({ id, version, versionNonce }: BoardElement): boolean {
    const known = this.#known.get(id);
    return known?.version === version && known.versionNonce === versionNonce;
  }

  /** Write what changed, in one transaction. Return whether that was all. */
  #write(): boolean {
    const changed = this.#options.scene.elements().filter((element) => !this.#isKnown(element));
    if (changed.length === 0) return true;
    const refused = new Set<string>();
    let size = 0;
    let isDone = true;
    this.#board.doc.transact(() => {
      for (const element of changed) {
        if (size >= MOST_UPDATE_BYTES) {
          isDone = false;
          return;
        }
        this.#know(element);
        if (this.#isRefused(element)) refused.add(element.id);
        else size += this.#writeOne(element);
      }
    }, this);
    if (refused.size > 0) this.#takeAway(refused);
    return isDone;
  }

  #writeOne(element: BoardElement): number {
    this.#tellPicture(element);
    return this.#board.write(element);
  }

  #isRefused({ id, type, isDeleted }: BoardElement): boolean {
    if (isDeleted) return false;
    if (!isBoardType(type)) return true;
    return !this.#board.elements.has(id) && this.#board.elements.size >= MOST_ELEMENTS;
  }

  #takeAway(ids: ReadonlySet<string>): void {
    const { scene, onFull } = this.#options;
    const left = scene.elements().map((element) => {
      if (!ids.has(element.id)) return element;
      return this.#stamped({ ...element, isDeleted: true }, element.version + 1);
    });
    scene.replace(left);
    if (this.#board.elements.size >= MOST_ELEMENTS) onFull?.();
  }
}

/** Two people may put something at the same place: then ids decide, everywhere alike. */
function byIndex(a: BoardElement, b: BoardElement): number {
  const [left, right] = [a.index ?? "~", b.index ?? "~"];
  if (left !== right) return left < right ? -1 : 1;
  return a.id < b.id ? -1 : 1;
}

const nonce = () => Math.floor(Math.random() * 2 ** 31);
