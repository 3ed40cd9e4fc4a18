/** Brings back how notes were: as a change of one's own, so that it can be undone and nothing is lost from their history. */

import type { Editor } from "@tiptap/core";
import { yUndoPluginKey } from "@tiptap/y-tiptap";
import type * as Y from "yjs";
import { FRAGMENT } from "./document";

/** Marks it as a change of one's own. */
export const BROUGHT_BACK = Symbol("brought back");

/** Make notes read as they did. Return whether they did not already. */
export function bringBackNotes(doc: Y.Doc, earlier: Y.Doc): boolean {
  const notes = doc.getXmlFragment(FRAGMENT);
  const before = earlier.getXmlFragment(FRAGMENT);
  if (notes.toString() === before.toString()) return false;
  doc.transact(() => {
    notes.delete(0, notes.length);
    notes.insert(
      0,
      before.toArray().map((node) => node.clone() as Y.XmlElement | Y.XmlText),
    );
  }, BROUGHT_BACK);
  return true;
}

/** As `bringBackNotes`, as one step of the editor's undoing. Call `onOver` when that is not its last step any more. */
export function bringBackStep(editor: Editor, doc: Y.Doc, earlier: Y.Doc, onOver: () => void): boolean {
  const { undoManager } = yUndoPluginKey.getState(editor.state) as { undoManager: Y.UndoManager };
  undoManager.stopCapturing();
  if (!bringBackNotes(doc, earlier)) return false;
  undoManager.stopCapturing();
  undoManager.once("stack-item-added", onOver);
  undoManager.once("stack-item-popped", onOver);
  return true;
}
