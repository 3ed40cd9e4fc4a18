/** What the tool bar offers, and whether it can be done and is done where the cursor stands. */

import type { ChainedCommands, Editor } from "@tiptap/core";
import { yUndoPluginKey } from "@tiptap/y-tiptap";
import type { Tool } from "./Toolbar";
import { taskAround } from "./taskAround";

/** The key of shortcuts, as `aria-keyshortcuts` calls it. */
const MOD = /Mac|iPhone|iPad/.test(globalThis.navigator?.userAgent ?? "") ? "Meta" : "Control";

export type ToolId =
  | "undo"
  | "redo"
  | "heading1"
  | "heading2"
  | "heading3"
  | "bold"
  | "italic"
  | "underline"
  | "strike"
  | "code"
  | "bullets"
  | "numbers"
  | "tasks"
  | "outdent"
  | "indent"
  | "quote"
  | "codeBlock"
  | "rule"
  | "link"
  | "mention"
  | "moment"
  | "assign"
  | "authors";

export interface ToolActions {
  openLink(): void;
  /** Put the moment into the text that it is now; `null` while no meeting is on. */
  insertMoment: (() => void) | null;
  assign(itemId: string): void;
  focusTools(): void;
}

/** Return the groups of the bar, and what is used less often. */
export function editingTools(editor: Editor, actions: ToolActions): { tools: Tool[][]; more: Tool[] } {
  const run = (apply: (chain: ChainedCommands) => ChainedCommands) => () => {
    apply(editor.chain().focus()).run();
  };
  const heading = (level: 1 | 2 | 3): Tool => ({
    id: `heading${level}`,
    isOn: editor.isActive("heading", { level }),
    run: run((chain) => chain.toggleHeading({ level })),
  });
  const { undoManager } = yUndoPluginKey.getState(editor.state);
  const isInItem = editor.isActive("listItem") || editor.isActive("taskItem");
  const task = taskAround(editor.state.selection.$from);
  const isCode = editor.isActive("codeBlock");

  // What belongs to meetings comes first: on a phone, the rest is a swipe away.
  const tools: Tool[][] = [
    [
      { id: "tasks", isOn: editor.isActive("taskList"), run: run((chain) => chain.toggleTaskList()) },
      { id: "bullets", isOn: editor.isActive("bulletList"), run: run((chain) => chain.toggleBulletList()) },
      { id: "numbers", isOn: editor.isActive("orderedList"), run: run((chain) => chain.toggleOrderedList()) },
    ],
    [
      { id: "mention", isOff: isCode, run: () => startMention(editor) },
      {
        id: "moment",
        isOff: actions.insertMoment === null || isCode,
        shortcut: `${MOD}+;`,
        run: () => actions.insertMoment?.(),
      },
      {
        id: "assign",
        isOff: task === null,
        shortcut: "Alt+Enter",
        run: () => task && actions.assign(task.node.attrs.itemId),
      },
      {
        id: "link",
        isOn: editor.isActive("link"),
        isOff: isCode,
        shortcut: `${MOD}+K`,
        run: actions.openLink,
      },
    ],
    [
      {
        id: "bold",
        isOn: editor.isActive("bold"),
        isOff: isCode,
        shortcut: `${MOD}+B`,
        run: run((chain) => chain.toggleBold()),
      },
      {
        id: "italic",
        isOn: editor.isActive("italic"),
        isOff: isCode,
        shortcut: `${MOD}+I`,
        run: run((chain) => chain.toggleItalic()),
      },
    ],
    [heading(1), heading(2), heading(3)],
    [
      { id: "outdent", isOff: !isInItem, shortcut: "Shift+Tab", run: run((chain) => chain.outdent()) },
      { id: "indent", isOff: !isInItem, shortcut: "Tab", run: run((chain) => chain.indent()) },
    ],
    [
      {
        id: "undo",
        isOff: undoManager.undoStack.length === 0,
        shortcut: `${MOD}+Z`,
        run: run((chain) => chain.undo()),
      },
      {
        id: "redo",
        isOff: undoManager.redoStack.length === 0,
        shortcut: `${MOD}+Y`,
        run: run((chain) => chain.redo()),
      },
    ],
  ];
  const more: Tool[] = [
    {
      id: "underline",
      isOn: editor.isActive("underline"),
      isOff: isCode,
      run: run((chain) => chain.toggleUnderline()),
    },
    {
      id: "strike",
      isOn: editor.isActive("strike"),
      isOff: isCode,
      run: run((chain) => chain.toggleStrike()),
    },
    { id: "code", isOn: editor.isActive("code"), isOff: isCode, run: run((chain) => chain.toggleCode()) },
    { id: "quote", isOn: editor.isActive("blockquote"), run: run((chain) => chain.toggleBlockquote()) },
    { id: "codeBlock", isOn: isCode, run: run((chain) => chain.toggleCodeBlock()) },
    { id: "rule", run: run((chain) => chain.setHorizontalRule()) },
  ];
  return { tools, more };
}

/** Write an "@" as if it had been typed: behind a space, so that people are offered. */
function startMention(editor: Editor): void {
  const { $from, from, to } = editor.state.selection;
  const before = $from.parent.textBetween(0, $from.parentOffset, undefined, "\ufffc");
  const text = before === "" || before.endsWith(" ") ? "@" : " @";
  editor
    .chain()
    .focus()
    .command(({ tr }) => {
      tr.insertText(text, from, to);
      return true;
    })
    .run();
}
