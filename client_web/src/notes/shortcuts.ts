/** The keys of the tools that are ours. Those of headings, lists and marks come with them. */

import { Extension } from "@tiptap/core";
import { taskAround } from "./taskAround";
import type { ToolActions } from "./tools";

export interface ShortcutsOptions {
  actions(): ToolActions;
}

export const Shortcuts = Extension.create<ShortcutsOptions>({
  name: "shortcuts",
  addKeyboardShortcuts() {
    const { actions } = this.options;
    return {
      "Mod-k": () => {
        actions().openLink();
        return true;
      },
      "Mod-;": () => {
        actions().insertMoment?.();
        return true;
      },
      "Alt-F10": () => {
        actions().focusTools();
        return true;
      },
      "Alt-Enter": () => {
        const task = taskAround(this.editor.state.selection.$from);
        if (task !== null) actions().assign(task.node.attrs.itemId);
        return task !== null;
      },
    };
  },
});
