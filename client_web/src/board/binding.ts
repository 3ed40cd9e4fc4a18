/**
 * Keeps a board's scene and its document in step. The document decides: what it says is shown, with a version of this
 * page's own, so that all pages show the same whatever order changes arrived in. Only what one is drawing, typing or
 * dragging just now waits for its end. What others change never enters this page's history of undoing.
 */

import * as Y from "yjs";
import { BoardDoc } from "./boardDoc";
import { Burden } from "./burden";
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
  /** Something is too much work to be shown, here or, where it was drawn here, to the others. */
  onHeavy?(): void;
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
  readonly #burden = new Burden();
  /** Too much work to draw. It stays in the document, */
  #tooHeavy: ReadonlySet<string> = new Set();
  /** and all of it that is not one's own is left out here. */
  #beyond: ReadonlySet<string> = new Set();
  /** Drawn on this page, which has borne it already: it does not vanish under one's hand. */
  readonly #own = new Set<string>();
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
    const found = this.#board.all();
    this.#burden.clear();
    for (const element of found) this.#burden.set(element);
    this.#turn();
    for (const element of found) {
      if (this.#beyond.has(element.id)) continue;
      this.#tellPicture(element);
      if (loaded.length < MOST_ELEMENTS) loaded.push({ ...element, versionNonce: nonce() });
      else this.#leftOut.add(element.id);
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

  /** Take out of the document what is in it and not on the board. Return what puts it back. */
  takeHidden(): () => void {
    const { doc, elements, points } = this.#board;
    const shown = new Set(this.#options.scene.elements().map(({ id }) => id));
    const isHidden = (id: string) => this.#beyond.has(id) || (!shown.has(id) && !this.#stale.has(id));
    const ids = [...elements.keys()].filter(isHidden);
    const taken = ids.map((id) => {
      const list: unknown = points.get(id);
      return { id, json: elements.get(id), flat: list instanceof Y.Array ? list.toArray() : null };
    });
    doc.transact(() => {
      for (const id of ids) {
        elements.delete(id);
        points.delete(id);
      }
    });
    return () =>
      doc.transact(() => {
        for (const { id, json, flat } of taken) {
          if (elements.has(id) || json === undefined) continue;
          elements.set(id, json);
          if (flat !== null) points.set(id, Y.Array.from(flat));
        }
      });
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
    const wanted = new Set([...this.#stale].filter((id) => !busy.has(id)));
    for (const id of wanted) this.#stale.delete(id);
    for (const id of wanted) this.#weigh(id);
    for (const id of this.#turn()) (busy.has(id) ? this.#stale : wanted).add(id);
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

  /** Take note of what somebody else has made of an element. */
  #weigh(id: string): void {
    const element = this.#board.read(id);
    this.#own.delete(id);
    if (element === null) this.#burden.delete(id);
    else this.#burden.set(element);
  }

  /** Decide what is too much work. Return what is so now and was not before, or the other way round. */
  #turn(): string[] {
    const [before, tooHeavy] = [this.#beyond, this.#burden.beyond()];
    if ([...tooHeavy].some((id) => !this.#tooHeavy.has(id))) this.#options.onHeavy?.();
    this.#tooHeavy = tooHeavy;
    this.#beyond = new Set([...tooHeavy].filter((id) => !this.#own.has(id)));
    return [...before, ...this.#beyond].filter((id) => before.has(id) !== this.#beyond.has(id));
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
    const element = this.#beyond.has(id) ? null : this.#board.read(id);
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
        // Not on this board is not gone from it, whatever undoing has made of what was there before.
        else if (!this.#beyond.has(element.id)) size += this.#writeOne(element);
      }
    }, this);
    if (refused.size > 0) this.#takeAway(refused);
    this.#bearOwn();
    return isDone;
  }

  #writeOne(element: BoardElement): number {
    const { id } = element;
    this.#tellPicture(element);
    if (element.isDeleted) this.#burden.delete(id);
    else this.#burden.set(element);
    this.#own.add(id);
    return this.#board.write(element);
  }

  /** What one draws or deletes may push out something else, or let it in again. */
  #bearOwn(): void {
    const turned = this.#turn();
    if (turned.length > 0) this.#markStale(turned);
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
export function byIndex(a: BoardElement, b: BoardElement): number {
  const [left, right] = [a.index ?? "~", b.index ?? "~"];
  if (left !== right) return left < right ? -1 : 1;
  return a.id < b.id ? -1 : 1;
}

const nonce = () => Math.floor(Math.random() * 2 ** 31);
