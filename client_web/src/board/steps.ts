/** What one does with all of a board, each a step that can be undone: Excalidraw's own undoing knows it as one. */

import { CaptureUpdateAction } from "@excalidraw/excalidraw";
import type { ExcalidrawImperativeAPI } from "@excalidraw/excalidraw/types";
import { byIndex } from "./binding";
import type { BoardDoc } from "./boardDoc";
import { Burden } from "./burden";
import { fromExcalidraw, restored, toExcalidraw } from "./editor";
import type { BoardElement } from "./elements";

/** Make all that is shown go away. Return what brings it back, or null when there was nothing. */
export function clear(editor: ExcalidrawImperativeAPI): (() => void) | null {
  return change(editor, (shown) => (shown.isDeleted ? shown : { ...shown, isDeleted: true }));
}

/** Bring back what has gone away. */
export function bringBack(editor: ExcalidrawImperativeAPI, ids: ReadonlySet<string>): void {
  change(editor, (shown) => (ids.has(shown.id) && shown.isDeleted ? { ...shown, isDeleted: false } : shown));
}

/** Make a board look as it did, as far as it can be drawn. Return what undoes that, or null when nothing has changed. */
export function bringBackVersion(editor: ExcalidrawImperativeAPI, earlier: BoardDoc): (() => void) | null {
  const wanted = new Map(earlier.all().map((element) => [element.id, element]));
  const burden = new Burden();
  for (const element of wanted.values()) burden.set(element);
  for (const id of burden.beyond()) wanted.delete(id);
  const asItWas = (shown: BoardElement) => {
    const element = wanted.get(shown.id);
    if (element === undefined) return shown.isDeleted ? shown : { ...shown, isDeleted: true };
    return !shown.isDeleted && earlier.agrees(shown) ? shown : (restored(element) ?? shown);
  };
  const known = new Set(editor.getSceneElementsIncludingDeleted().map(({ id }) => id as string));
  const added = [...wanted.values()].filter(({ id }) => !known.has(id)).flatMap((one) => restored(one) ?? []);
  return change(editor, asItWas, added);
}

/** Change what is shown. Return what undoes that where nobody has changed it again, or null when it is the same. */
function change(
  editor: ExcalidrawImperativeAPI,
  changed: (shown: BoardElement) => BoardElement,
  added: readonly BoardElement[] = [],
): (() => void) | null {
  const before = new Map<string, BoardElement | null>();
  const nonces = new Map<string, number>();
  const mark = (element: BoardElement, shown: BoardElement | null) => {
    const marked = { ...element, version: (shown?.version ?? 0) + 1, versionNonce: nonce() };
    before.set(element.id, shown);
    nonces.set(element.id, marked.versionNonce);
    return marked;
  };
  const next = fromExcalidraw(editor.getSceneElementsIncludingDeleted()).map((shown) => {
    const element = changed(shown);
    return element === shown ? shown : mark(element, { ...shown });
  });
  next.push(...added.map((element) => mark(element, null)));
  if (before.size === 0) return null;
  show(editor, next.sort(byIndex));
  return () => {
    const undone = fromExcalidraw(editor.getSceneElementsIncludingDeleted()).map((shown) => {
      const was = before.get(shown.id);
      if (was === undefined || nonces.get(shown.id) !== shown.versionNonce) return shown;
      return { ...(was ?? { ...shown, isDeleted: true }), version: shown.version + 1, versionNonce: nonce() };
    });
    show(editor, undone.sort(byIndex));
  };
}

function show(editor: ExcalidrawImperativeAPI, elements: readonly BoardElement[]): void {
  editor.updateScene({
    elements: toExcalidraw(elements),
    appState: { selectedElementIds: {} },
    captureUpdate: CaptureUpdateAction.IMMEDIATELY,
  });
}

const nonce = () => Math.floor(Math.random() * 2 ** 31);
