/** Typing "@" offers people: the keys of that list, and what choosing does. The list itself is MentionList.tsx. */

import { type Editor, Extension } from "@tiptap/core";
import { Plugin, PluginKey } from "@tiptap/pm/state";
import { findPeople, mentionQuery } from "./mentionSearch";
import type { MentionQuery, Person, Popups } from "./popups";
import { taskAround } from "./taskAround";

export interface MentioningOptions {
  popups: Popups;
  people(): readonly Person[];
}

const dismissedKey = new PluginKey<number | null>("mentioning");

/** Put somebody's name in the place of what was typed. In an action item that nobody does yet, it is theirs. */
export function mention(editor: Editor, query: Pick<MentionQuery, "from" | "to">, person: Person): void {
  editor
    .chain()
    .focus()
    .command(({ tr, state }) => {
      const { schema } = state;
      const node = schema.nodes.mention?.create({ id: person.personId, label: person.name });
      if (node === undefined) return false;
      tr.replaceWith(query.from, query.to, [node, schema.text(" ")]);
      const task = taskAround(tr.doc.resolve(query.from));
      if (task !== null && task.node.attrs.ownerId === null) {
        tr.setNodeAttribute(task.position, "ownerId", person.personId);
        tr.setNodeAttribute(task.position, "ownerName", person.name);
      }
      return true;
    })
    .run();
}

export const Mentioning = Extension.create<MentioningOptions>({
  name: "mentioning",
  // Before the keys of lists and paragraphs.
  priority: 1001,

  addProseMirrorPlugins() {
    const { editor } = this;
    const { popups, people } = this.options;

    const opened = () => {
      const { popup } = popups.getState();
      return popup?.kind === "mention" ? popup : null;
    };
    const close = () => {
      if (opened()) popups.setState({ popup: null });
    };

    return [
      new Plugin<number | null>({
        key: dismissedKey,
        // Where the "@" stands whose list was closed by Escape.
        state: {
          init: () => null,
          apply(transaction, dismissed) {
            const meta = transaction.getMeta(dismissedKey) as number | undefined;
            if (meta !== undefined) return meta;
            return dismissed === null ? null : transaction.mapping.map(dismissed);
          },
        },
        view: () => ({
          update(view) {
            const query = view.editable && view.hasFocus() ? mentionQuery(view.state) : null;
            const isDismissed = query !== null && dismissedKey.getState(view.state) === query.from;
            const found = query === null || isDismissed ? [] : findPeople(people(), query.text);
            if (query === null || found.length === 0) return close();
            const before = opened();
            const isSame = before?.query.text === query.text && before.query.from === query.from;
            const chosen = isSame ? Math.min(before.chosen, found.length - 1) : 0;
            popups.setState({ popup: { kind: "mention", query, found, chosen } });
          },
          destroy: close,
        }),
        props: {
          handleKeyDown(view, event) {
            const popup = opened();
            if (popup === null || event.isComposing) return false;
            const count = popup.found.length;
            const move = (by: number) => {
              popups.setState({ popup: { ...popup, chosen: (popup.chosen + by + count) % count } });
              return true;
            };
            if (event.key === "ArrowDown") return move(1);
            if (event.key === "ArrowUp") return move(-1);
            if (event.key === "Enter" || event.key === "Tab") {
              const person = popup.found[popup.chosen];
              if (person === undefined) return false;
              mention(editor, popup.query, person);
              return true;
            }
            if (event.key !== "Escape") return false;
            event.stopPropagation();
            close();
            view.dispatch(view.state.tr.setMeta(dismissedKey, popup.query.from));
            return true;
          },
          handleDOMEvents: { blur: () => void close() },
        },
      }),
    ];
  },
});
