/**
 * Mends how y-tiptap remembers selections while the document changes. It notes where the cursor was in the editor's
 * document; when one change leads to the next, or after an undo, that document may have become shorter meanwhile. Resolving
 * such a position fails in the middle of somebody's change, and the editor then writes what is outdated over it.
 */

import { Plugin, PluginKey } from "@tiptap/pm/state";
import { ySyncPluginKey, yUndoPluginKey } from "@tiptap/y-tiptap";

interface Remembered {
  absAnchor: number | null;
  absHead: number | null;
}

/** Has to come after y-tiptap's own plugins. */
export function keepSelectionsCurrent(): Plugin {
  return new Plugin({
    key: new PluginKey("keepSelectionsCurrent"),
    view(view) {
      const { undoManager } = yUndoPluginKey.getState(view.state);
      const { binding } = ySyncPluginKey.getState(view.state);
      let remembered: Remembered | null = null;
      const current = (position: number | null) =>
        position !== null && position <= view.state.doc.content.size ? position : null;
      Object.defineProperty(binding, "beforeTransactionSelection", {
        configurable: true,
        get() {
          if (remembered === null) return null;
          const { absAnchor, absHead } = remembered;
          return { ...remembered, absAnchor: current(absAnchor), absHead: current(absHead) };
        },
        set(next: Remembered | null) {
          remembered = next;
        },
      });
      // It would be the next change, of whomever, that moves the cursor to where it was long ago.
      const forget = () => {
        remembered = null;
      };
      undoManager.on("stack-item-popped", forget);
      return { destroy: () => undoManager.off("stack-item-popped", forget) };
    },
  });
}
