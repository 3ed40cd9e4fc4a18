/** Tab moves list items in and out. Escape, then Tab leaves the notes, so that the keyboard is never caught in them. */

import { Extension } from "@tiptap/core";
import { Plugin, PluginKey } from "@tiptap/pm/state";

export interface TabsOptions {
  /** For people who listen: whether Tab leaves now. */
  onReleased(isReleased: boolean): void;
}

const ITEMS = ["listItem", "taskItem"] as const;

export const Tabs = Extension.create<TabsOptions>({
  name: "tabs",
  priority: 900,

  addCommands() {
    return {
      indent:
        () =>
        ({ commands }) =>
          ITEMS.some((item) => commands.sinkListItem(item)),
      outdent:
        () =>
        ({ commands }) =>
          ITEMS.some((item) => commands.liftListItem(item)),
    };
  },

  addProseMirrorPlugins() {
    const { editor } = this;
    const { onReleased } = this.options;
    let isReleased = false;
    const release = (next: boolean) => {
      if (next !== isReleased) onReleased(next);
      isReleased = next;
    };
    return [
      new Plugin({
        key: new PluginKey("tabs"),
        props: {
          handleKeyDown(_, event) {
            const { key } = event;
            if (key === "Escape" && !isReleased && editor.isEditable) {
              release(true);
              // The first one is for the notes; the next is for what they stand in.
              event.stopPropagation();
              return true;
            }
            if (key === "Shift") return false;
            const mayLeave = isReleased;
            release(false);
            if (key !== "Tab" || mayLeave || event.ctrlKey || event.altKey || event.metaKey) return false;
            if (!ITEMS.some((item) => editor.isActive(item))) return false;
            if (event.shiftKey) editor.commands.outdent();
            else editor.commands.indent();
            return true;
          },
          handleDOMEvents: {
            blur: () => release(false),
          },
        },
      }),
    ];
  },
});

declare module "@tiptap/core" {
  interface Commands<ReturnType> {
    tabs: {
      /** Make the list item one of the item before it. */
      indent: () => ReturnType;
      /** Take the list item out of the list that it is in. */
      outdent: () => ReturnType;
    };
  }
}
