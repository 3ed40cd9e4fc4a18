/** Draws anew whenever the editor's text or selection has changed. */

import type { Editor } from "@tiptap/core";
import { useEffect, useReducer } from "react";

export function useRedraw(editor: Editor | null): void {
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    if (editor === null) return;
    editor.on("transaction", redraw);
    return () => {
      editor.off("transaction", redraw);
    };
  }, [editor]);
}
