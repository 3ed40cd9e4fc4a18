/** Colours words by who wrote them, when somebody wants to know. */

import { Extension } from "@tiptap/core";
import type { Node } from "@tiptap/pm/model";
import { Plugin, PluginKey } from "@tiptap/pm/state";
import { Decoration, DecorationSet } from "@tiptap/pm/view";
import { ySyncPluginKey } from "@tiptap/y-tiptap";
import type * as Y from "yjs";
import { authorship } from "./authorship";
import classes from "./NotesText.module.css";

export interface Author {
  personId: string;
  name: string;
}

export type Authors = ReadonlyMap<number, Author>;

export interface WhoWroteOptions {
  fragment: Y.XmlFragment | null;
  /** Return a person's colour, a number below `COLOUR_COUNT`. */
  colourOf(personId: string): number;
  /** Called with whoever wrote something that stands there, and with clients of whom nobody knows. */
  onSeen(authors: readonly Author[], unknown: readonly number[]): void;
}

interface Shown {
  authors: Authors | null;
  marks: DecorationSet;
}

const key = new PluginKey<Shown>("whoWrote");
const SETTLED_MS = 250;

declare module "@tiptap/core" {
  interface Commands<ReturnType> {
    whoWrote: {
      /** Show who wrote what, or with `null` no longer. */
      showAuthors: (authors: Authors | null) => ReturnType;
      /** Ask anew for everybody's colour. */
      recolourAuthors: () => ReturnType;
    };
  }
}

export const WhoWrote = Extension.create<WhoWroteOptions>({
  name: "whoWrote",

  addCommands() {
    return {
      showAuthors:
        (authors) =>
        ({ tr }) => {
          tr.setMeta(key, { authors }).setMeta("addToHistory", false);
          return true;
        },
      recolourAuthors:
        () =>
        ({ tr, state }) => {
          const authors = key.getState(state)?.authors ?? null;
          if (authors !== null) tr.setMeta(key, { authors }).setMeta("addToHistory", false);
          return true;
        },
    };
  },

  addProseMirrorPlugins() {
    const { fragment, colourOf, onSeen } = this.options;
    if (fragment === null) return [];
    const draw = (doc: Node, authors: Authors): DecorationSet => {
      const { nodes } = doc.type.schema;
      const seen = new Map<string, Author>();
      const unknown = new Set<number>();
      const marks: Decoration[] = [];
      for (const { from, to, client } of authorship(fragment, (name) => nodes[name]?.isLeaf ?? false)) {
        const author = authors.get(client);
        if (author === undefined) {
          unknown.add(client);
          continue;
        }
        seen.set(author.personId, author);
        const attributes = { class: classes.authored ?? "", title: author.name };
        if (to <= doc.content.size) {
          marks.push(
            Decoration.inline(from, to, { ...attributes, "data-colour": String(colourOf(author.personId)) }),
          );
        }
      }
      queueMicrotask(() => onSeen([...seen.values()], [...unknown]));
      return DecorationSet.create(doc, marks);
    };

    return [
      new Plugin<Shown>({
        key,
        state: {
          init: () => ({ authors: null, marks: DecorationSet.empty }),
          apply(transaction, before, _, state) {
            const meta = transaction.getMeta(key) as { authors: Authors | null } | undefined;
            const authors = meta === undefined ? before.authors : meta.authors;
            if (authors === null) return { authors, marks: DecorationSet.empty };
            // Only then does the shared document say the same as the editor's.
            const isCurrent = transaction.getMeta(ySyncPluginKey)?.isChangeOrigin === true;
            if (meta !== undefined || isCurrent) return { authors, marks: draw(state.doc, authors) };
            return { authors, marks: before.marks.map(transaction.mapping, transaction.doc) };
          },
        },
        props: { decorations: (state) => key.getState(state)?.marks },
        view(view) {
          let timer: ReturnType<typeof setTimeout> | undefined;
          return {
            update(_, before) {
              const authors = key.getState(view.state)?.authors ?? null;
              const isOwn = ySyncPluginKey.getState(view.state)?.isChangeOrigin === false;
              if (authors === null || !isOwn || before.doc === view.state.doc) return;
              clearTimeout(timer);
              timer = setTimeout(() => view.dispatch(view.state.tr.setMeta(key, { authors })), SETTLED_MS);
            },
            destroy: () => clearTimeout(timer),
          };
        },
      }),
    ];
  },
});
