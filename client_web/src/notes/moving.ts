/** Getting to the ends of the text. Browsers do not find them where a check box or a button stands there. */

import { Extension } from "@tiptap/core";
import type { Node } from "@tiptap/pm/model";
import { Plugin, PluginKey, Selection, TextSelection } from "@tiptap/pm/state";

const endOf = (doc: Node, isStart: boolean) => (isStart ? Selection.atStart(doc) : Selection.atEnd(doc));

export const Moving = Extension.create({
  name: "moving",

  addKeyboardShortcuts() {
    const go = (isStart: boolean, isExtending: boolean) => () =>
      this.editor.commands.command(({ tr }) => {
        const end = endOf(tr.doc, isStart);
        const { $anchor } = tr.selection;
        tr.setSelection(isExtending ? TextSelection.between($anchor, end.$head) : end).scrollIntoView();
        return true;
      });
    return Object.fromEntries(
      // The last two are a Mac's.
      [
        ["Ctrl-Home", true],
        ["Ctrl-End", false],
        ["Meta-ArrowUp", true],
        ["Meta-ArrowDown", false],
      ].flatMap(([key, isStart]) => [
        [key, go(isStart === true, false)],
        [`Shift-${key}`, go(isStart === true, true)],
      ]),
    );
  },

  addProseMirrorPlugins() {
    const { editor } = this;
    return [
      new Plugin({
        key: new PluginKey("moving"),
        props: {
          // Below the text one goes on writing, also where a list or a line is the last thing.
          handleClick(view, _, event) {
            const last = view.dom.lastElementChild;
            const isBelow = last !== null && event.clientY > last.getBoundingClientRect().bottom;
            if (!editor.isEditable || event.target !== view.dom || !isBelow) return false;
            const { doc, schema } = view.state;
            const { tr } = view.state;
            const paragraph = schema.nodes.paragraph?.create();
            if (paragraph && doc.lastChild?.type !== paragraph.type) tr.insert(doc.content.size, paragraph);
            view.dispatch(tr.setSelection(Selection.atEnd(tr.doc)));
            return true;
          },
        },
      }),
    ];
  },
});
