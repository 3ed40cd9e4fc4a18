/** Where something stands in the window. */

import type { Editor } from "@tiptap/core";

/** Return the place of a position in the text, or `null` when there is no such position any more. */
export function rectAt(editor: Editor, position: number): DOMRect | null {
  if (editor.isDestroyed || position > editor.state.doc.content.size) return null;
  const { left, top, bottom } = editor.view.coordsAtPos(position);
  return new DOMRect(left, top, 0, bottom - top);
}

/** Return the place of an action item's facts. */
export function rectOfTask(editor: Editor, itemId: string): DOMRect | null {
  if (editor.isDestroyed) return null;
  const facts = editor.view.dom.querySelector(`li[data-item-id="${CSS.escape(itemId)}"] > button`);
  return facts?.getBoundingClientRect() ?? null;
}
