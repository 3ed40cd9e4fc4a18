/** The others' cursors with their names, and one's own for the others. Who may only read says nothing. */

import { Extension } from "@tiptap/core";
import { yCursorPlugin } from "@tiptap/y-tiptap";
import type { Awareness } from "y-protocols/awareness";
import classes from "./NotesText.module.css";
import { cursorUser, type RemoteCursor, readRemoteCursor } from "./remoteCursor";

export interface CursorsOptions {
  awareness: Awareness;
  self: { name: string; color: string };
}

/** An awareness as y-tiptap's plugin uses it: the states that can be believed, and nothing said by readers. */
function createView(awareness: Awareness, mayPublish: boolean) {
  return {
    getStates(): Map<number, RemoteCursor> {
      const cursors = new Map<number, RemoteCursor>();
      for (const [client, state] of awareness.getStates()) {
        const cursor = client === awareness.clientID ? null : readRemoteCursor(state);
        if (cursor !== null) cursors.set(client, cursor);
      }
      return cursors;
    },
    getLocalState: () => (mayPublish ? awareness.getLocalState() : null),
    setLocalStateField(field: string, value: unknown) {
      if (mayPublish) awareness.setLocalStateField(field, value);
    },
    on: (event: "change", listener: () => void) => awareness.on(event, listener),
    off: (event: "change", listener: () => void) => awareness.off(event, listener),
  };
}

function drawCursor(user: RemoteCursor["user"]): HTMLElement {
  const caret = document.createElement("span");
  const name = document.createElement("span");
  caret.className = classes.caret ?? "";
  caret.ariaHidden = "true";
  caret.style.setProperty("--person", user.color);
  name.className = classes.caretName ?? "";
  name.textContent = user.name;
  caret.append(name);
  return caret;
}

export const Cursors = Extension.create<CursorsOptions>({
  name: "cursors",
  priority: 999,

  addProseMirrorPlugins() {
    const { awareness, self } = this.options;
    const { isEditable } = this.editor;
    if (isEditable) awareness.setLocalStateField("user", cursorUser(self.name, self.color));
    return [
      yCursorPlugin(createView(awareness, isEditable) as unknown as Awareness, {
        awarenessStateFilter: () => true,
        cursorBuilder: drawCursor,
        selectionBuilder: (user: RemoteCursor["user"]) => ({
          class: classes.remoteSelection ?? "",
          style: `--person: ${user.color}`,
        }),
      }),
    ];
  },
});
