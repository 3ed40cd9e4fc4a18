/** Clears a board, and brings back what was cleared: each a step that can be undone, as all that one does. */

import { CaptureUpdateAction } from "@excalidraw/excalidraw";
import type { ExcalidrawImperativeAPI } from "@excalidraw/excalidraw/types";

/** Return the ids of what was cleared. */
export function clear(editor: ExcalidrawImperativeAPI): ReadonlySet<string> {
  const ids = new Set(editor.getSceneElements().map(({ id }) => id));
  if (ids.size > 0) setDeleted(editor, ids, true);
  return ids;
}

export function bringBack(editor: ExcalidrawImperativeAPI, ids: ReadonlySet<string>): void {
  setDeleted(editor, ids, false);
}

function setDeleted(editor: ExcalidrawImperativeAPI, ids: ReadonlySet<string>, isDeleted: boolean): void {
  const elements = editor.getSceneElementsIncludingDeleted().map((element) => {
    if (!ids.has(element.id) || element.isDeleted === isDeleted) return element;
    const versionNonce = Math.floor(Math.random() * 2 ** 31);
    return { ...element, isDeleted, version: element.version + 1, versionNonce };
  });
  editor.updateScene({
    elements,
    appState: { selectedElementIds: {} },
    captureUpdate: CaptureUpdateAction.IMMEDIATELY,
  });
}
