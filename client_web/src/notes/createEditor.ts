/** Puts the editor together from its parts. */

import { Editor, Extension } from "@tiptap/core";
import { Collaboration } from "@tiptap/extension-collaboration";
import { Dropcursor, Gapcursor } from "@tiptap/extensions";
import { Plugin, PluginKey } from "@tiptap/pm/state";
import { Decoration, DecorationSet } from "@tiptap/pm/view";
import type { Awareness } from "y-protocols/awareness";
import { BROUGHT_BACK } from "./bringBack";
import { Cursors } from "./cursors";
import { Mentioning, type MentioningOptions } from "./mentioning";
import { Moving } from "./moving";
import classes from "./NotesText.module.css";
import { asMarkup } from "./pasting";
import { schemaExtensions } from "./schema";
import { keepSelectionsCurrent } from "./selections";
import { Shortcuts } from "./shortcuts";
import type { Source } from "./source";
import { Tabs, type TabsOptions } from "./tabs";
import { taskAround } from "./taskAround";
import { createTaskView, type TaskTexts } from "./taskItemView";
import { OUTLINE } from "./templates";
import { createTimestampView, type MomentTexts } from "./timestampView";
import type { ToolActions } from "./tools";
import { WhoWrote, type WhoWroteOptions } from "./whoWrote";

export interface EditorParts {
  element: HTMLElement;
  source: Pick<Source, "fragment" | "content">;
  awareness: Awareness;
  isEditable: boolean;
  texts: { label: string; placeholder: string; task: TaskTexts; moment: MomentTexts };
  /** The id of what describes the keys. */
  describedBy: string;
  mentioning: MentioningOptions;
  colourOf: WhoWroteOptions["colourOf"];
  onSeen: WhoWroteOptions["onSeen"];
  /** What keys do too; asked when one is pressed. */
  actions(): ToolActions;
  onTimestamp(meetingId: string, at: number): void;
  onReleased: TabsOptions["onReleased"];
}

export function createEditor(parts: EditorParts): Editor {
  const { isEditable, texts } = parts;
  return new Editor({
    element: parts.element,
    editable: isEditable,
    // What it would inject is in NotesText.module.css.
    injectCSS: false,
    // Not as text: that would be parsed as HTML, which the page's Trusted Types policy refuses.
    content: parts.source.content,
    extensions: [
      ...schemaExtensions({
        taskItem: { view: createTaskView(texts.task, (itemId) => parts.actions().assign(itemId)) },
        timestamp: { view: createTimestampView(texts.moment, parts.onTimestamp) },
      }),
      Collaboration.configure({
        fragment: parts.source.fragment,
        yUndoOptions: { trackedOrigins: [OUTLINE, BROUGHT_BACK] },
      }),
      Extension.create({ name: "selections", addProseMirrorPlugins: () => [keepSelectionsCurrent()] }),
      Cursors.configure({ awareness: parts.awareness, colourOf: parts.colourOf }),
      WhoWrote.configure({ fragment: parts.source.fragment, colourOf: parts.colourOf, onSeen: parts.onSeen }),
      Placeholder.configure({ text: texts.placeholder }),
      ...(isEditable
        ? [
            Mentioning.configure(parts.mentioning),
            Shortcuts.configure({ actions: parts.actions }),
            Tabs.configure({ onReleased: parts.onReleased }),
            CurrentTask,
            Moving,
            Gapcursor,
            Dropcursor.configure({ class: classes.dropCursor ?? "", color: false, width: 2 }),
          ]
        : []),
    ],
    editorProps: {
      attributes: {
        class: classes.text ?? "",
        dir: "auto",
        "aria-label": texts.label,
        ...(isEditable
          ? { role: "textbox", "aria-multiline": "true", "aria-describedby": parts.describedBy }
          : { role: "document", tabindex: "0" }),
      },
      transformPastedHTML: asMarkup,
    },
  });
}

/** Marks the action item that the cursor is in: it shows what can be set. */
const CurrentTask = Extension.create({
  name: "currentTask",
  addProseMirrorPlugins: () => [
    new Plugin({
      key: new PluginKey("currentTask"),
      props: {
        decorations({ doc, selection }) {
          const task = taskAround(selection.$from);
          if (task === null) return null;
          const { position, node } = task;
          return DecorationSet.create(doc, [
            Decoration.node(position, position + node.nodeSize, { "data-current": "" }),
          ]);
        },
      },
    }),
  ],
});

/** What stands in empty notes, for as long as they are empty. */
const Placeholder = Extension.create<{ text: string }>({
  name: "placeholder",
  addProseMirrorPlugins() {
    const { text } = this.options;
    return [
      new Plugin({
        key: new PluginKey("placeholder"),
        props: {
          decorations({ doc }) {
            const first = doc.firstChild;
            const isEmpty =
              doc.childCount === 1 && first?.type.name === "paragraph" && first.content.size === 0;
            if (!isEmpty) return null;
            return DecorationSet.create(doc, [
              Decoration.node(0, first.nodeSize, { class: classes.empty ?? "", "data-placeholder": text }),
            ]);
          },
        },
      }),
    ];
  },
});
