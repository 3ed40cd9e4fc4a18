/** The others' cursors with their names, and one's own for the others. Who may only read says nothing. */

import { Extension } from "@tiptap/core";
import { Plugin, PluginKey } from "@tiptap/pm/state";
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
    const carets = new Map<number, HTMLElement>();
    // The name is shown for a while after each movement. y-tiptap keeps the element as long as somebody is there.
    const onMove = ({ updated }: { updated: number[] }) => {
      for (const client of updated) {
        for (const animation of carets.get(client)?.getAnimations({ subtree: true }) ?? []) {
          animation.cancel();
          animation.play();
        }
      }
    };
    if (isEditable) awareness.setLocalStateField("user", cursorUser(self.name, self.color));
    return [
      yCursorPlugin(createView(awareness, isEditable) as unknown as Awareness, {
        awarenessStateFilter: () => true,
        cursorBuilder: (user: RemoteCursor["user"], client: number) => {
          const caret = drawCursor(user);
          carets.set(client, caret);
          return caret;
        },
        selectionBuilder: (user: RemoteCursor["user"]) => ({
          class: classes.remoteSelection ?? "",
          style: `--person: ${user.color}`,
        }),
      }),
      new Plugin({
        key: new PluginKey("cursorNames"),
        view: () => {
          awareness.on("change", onMove);
          return {
            destroy: () => {
              awareness.off("change", onMove);
              if (isEditable) awareness.setLocalStateField("user", null);
            },
          };
        },
      }),
    ];
  },
});
