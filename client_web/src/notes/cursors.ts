/** The others' cursors with their names, and one's own for the others. Who may only read says nothing. */

import { Extension } from "@tiptap/core";
import { Plugin, PluginKey } from "@tiptap/pm/state";
import { yCursorPlugin, yCursorPluginKey } from "@tiptap/y-tiptap";
import type { Awareness } from "y-protocols/awareness";
import classes from "./NotesText.module.css";
import { type RemoteCursor, readRemoteCursor } from "./remoteCursor";

export interface CursorsOptions {
  awareness: Awareness;
  /** Return a person's colour, a number below `COLOUR_COUNT`. */
  colourOf(personId: string): number;
}

declare module "@tiptap/core" {
  interface Commands<ReturnType> {
    cursors: {
      /** Ask anew for everybody's colour. */
      recolourCursors: () => ReturnType;
    };
  }
}

interface Caret {
  element: HTMLElement;
  personId: string;
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

function drawCursor({ name: text }: RemoteCursor["user"], colour: number): HTMLElement {
  const caret = document.createElement("span");
  const name = document.createElement("span");
  caret.className = classes.caret ?? "";
  caret.ariaHidden = "true";
  caret.dataset.colour = String(colour);
  name.className = classes.caretName ?? "";
  name.textContent = text;
  caret.append(name);
  return caret;
}

export const Cursors = Extension.create<CursorsOptions, { carets: Map<number, Caret> }>({
  name: "cursors",
  priority: 999,

  addStorage: () => ({ carets: new Map() }),

  addCommands() {
    const { carets } = this.storage;
    const { colourOf } = this.options;
    return {
      recolourCursors:
        () =>
        ({ tr }) => {
          for (const { element, personId } of carets.values())
            element.dataset.colour = String(colourOf(personId));
          tr.setMeta(yCursorPluginKey, { awarenessUpdated: true }).setMeta("addToHistory", false);
          return true;
        },
    };
  },

  addProseMirrorPlugins() {
    const { awareness, colourOf } = this.options;
    const { isEditable } = this.editor;
    const { carets } = this.storage;
    // The name is shown for a while after each movement. y-tiptap keeps the element as long as somebody is there.
    const onChange = ({ updated, removed }: { updated: number[]; removed: number[] }) => {
      for (const client of removed) carets.delete(client);
      for (const client of updated) {
        for (const animation of carets.get(client)?.element.getAnimations({ subtree: true }) ?? []) {
          animation.cancel();
          animation.play();
        }
      }
    };
    return [
      yCursorPlugin(createView(awareness, isEditable) as unknown as Awareness, {
        awarenessStateFilter: () => true,
        cursorBuilder: (user: RemoteCursor["user"], client: number) => {
          const element = drawCursor(user, colourOf(user.personId));
          carets.set(client, { element, personId: user.personId });
          return element;
        },
        selectionBuilder: (user: RemoteCursor["user"]) => ({
          class: classes.remoteSelection ?? "",
          "data-colour": String(colourOf(user.personId)),
        }),
      }),
      new Plugin({
        key: new PluginKey("cursorNames"),
        view: () => {
          awareness.on("change", onChange);
          return {
            destroy: () => {
              awareness.off("change", onChange);
            },
          };
        },
      }),
    ];
  },
});
