/** Action items: a check box, what is to be done, by whom and until when. */

import { Node, type NodeViewRenderer, wrappingInputRule } from "@tiptap/core";
import { TextSelection } from "@tiptap/pm/state";
import { sound } from "./attributes";
import { itemIds } from "./itemIds";

/** "[ ] " or "[x] " at the beginning of a paragraph. */
const TYPED = /^\s*\[([ x]?)\]\s$/i;

export interface TaskItemOptions {
  view: NodeViewRenderer | null;
}

/** An attribute that the other half does not get when an item is split: it is another item. */
const own = (name: string, key: string) => ({
  default: null,
  keepOnSplit: false,
  parseHTML: (element: HTMLElement) => sound("taskItem", name, element.dataset[key]),
  renderHTML: (attributes: Record<string, unknown>) => ({
    [`data-${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`]: sound(
      "taskItem",
      name,
      attributes[name],
    ),
  }),
});

export const TaskItem = Node.create<TaskItemOptions>({
  name: "taskItem",
  content: "block+",
  defining: true,
  // Mod-Enter is a line break elsewhere.
  priority: 110,

  addOptions: () => ({ view: null }),

  addAttributes: () => ({
    checked: {
      default: false,
      keepOnSplit: false,
      parseHTML: (element: HTMLElement) => element.dataset.checked === "true",
      renderHTML: ({ checked }: Record<string, unknown>) => ({ "data-checked": checked === true }),
    },
    itemId: own("itemId", "itemId"),
    ownerId: own("ownerId", "ownerId"),
    ownerName: own("ownerName", "ownerName"),
    due: own("due", "due"),
  }),

  parseHTML: () => [{ tag: 'li[data-type="taskItem"]', priority: 51 }],

  renderHTML: ({ HTMLAttributes }) => ["li", { "data-type": "taskItem", ...HTMLAttributes }, 0],

  addInputRules() {
    return [
      wrappingInputRule({
        find: TYPED,
        type: this.type,
        getAttributes: (match) => ({ checked: match[1]?.toLowerCase() === "x" }),
      }),
    ];
  },

  addKeyboardShortcuts() {
    return {
      // At the beginning of an item the new one stands before it, so that what is written keeps its owner and its id.
      Enter: () =>
        this.editor.commands.command(({ state, dispatch, tr }) => {
          const { $from, empty } = state.selection;
          const isAtStart =
            empty &&
            $from.parentOffset === 0 &&
            $from.parent.content.size > 0 &&
            $from.depth > 1 &&
            $from.node(-1).type === this.type &&
            $from.index(-1) === 0;
          if (!isAtStart) return false;
          const before = this.type.createAndFill();
          if (before === null) return false;
          if (dispatch) {
            tr.insert($from.before(-1), before);
            tr.setSelection(TextSelection.near(tr.doc.resolve($from.pos + before.nodeSize)));
          }
          return true;
        }) || this.editor.commands.splitListItem(this.name),
      "Mod-Enter": () =>
        this.editor.commands.command(({ state, tr }) => {
          const { $from } = state.selection;
          for (let depth = $from.depth; depth > 0; depth--) {
            const node = $from.node(depth);
            if (node.type !== this.type) continue;
            tr.setNodeAttribute($from.before(depth), "checked", node.attrs.checked !== true);
            return true;
          }
          return false;
        }),
    };
  },

  addNodeView() {
    return this.options.view;
  },

  addProseMirrorPlugins() {
    return [itemIds(this.type)];
  },
});
