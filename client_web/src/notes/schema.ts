/**
 * What notes are made of. The server reads documents of this shape too: names and attributes are part of what is stored.
 * Contents are as loose as an editor can bear ("block+", never "paragraph block*"), so that two edits at the same time
 * hardly ever make something that does not fit, and would have to go.
 */

import type { AnyExtension } from "@tiptap/core";
import { Blockquote } from "@tiptap/extension-blockquote";
import { Bold } from "@tiptap/extension-bold";
import { Code } from "@tiptap/extension-code";
import { CodeBlock } from "@tiptap/extension-code-block";
import { Document } from "@tiptap/extension-document";
import { HardBreak } from "@tiptap/extension-hard-break";
import { Heading } from "@tiptap/extension-heading";
import { HorizontalRule } from "@tiptap/extension-horizontal-rule";
import { Italic } from "@tiptap/extension-italic";
import { BulletList, ListItem, ListKeymap, OrderedList, TaskList } from "@tiptap/extension-list";
import { Paragraph } from "@tiptap/extension-paragraph";
import { Strike } from "@tiptap/extension-strike";
import { Text } from "@tiptap/extension-text";
import { Underline } from "@tiptap/extension-underline";
import { sound } from "./attributes";
import { Link } from "./link";
import { Mention } from "./mention";
import { TaskItem, type TaskItemOptions } from "./taskItem";
import { Timestamp, type TimestampOptions } from "./timestamp";

const MOST_START = 1_000_000;

const NumberedList = OrderedList.extend({
  addAttributes: () => ({
    start: {
      default: 1,
      parseHTML: (element: HTMLElement) => {
        const start = Number.parseInt(element.getAttribute("start") ?? "1", 10);
        return start >= 0 && start <= MOST_START ? start : 1;
      },
      renderHTML: ({ start }: Record<string, unknown>) => {
        const first = sound("orderedList", "start", start);
        return first === null || first === 1 ? {} : { start: first };
      },
    },
  }),
});

const Item = ListItem.extend({
  content: "block+",
  // Tab is the business of tabs.ts.
  addKeyboardShortcuts() {
    return { Enter: () => this.editor.commands.splitListItem(this.name) };
  },
});

const PlainCodeBlock = CodeBlock.extend({ addAttributes: () => ({}) });

/** Both without what they show and do in a page, unless it is given. */
export interface SchemaOptions {
  taskItem?: Partial<TaskItemOptions>;
  timestamp?: Partial<TimestampOptions>;
}

export function schemaExtensions({ taskItem = {}, timestamp = {} }: SchemaOptions = {}): AnyExtension[] {
  return [
    Document,
    Paragraph,
    Text,
    Heading.configure({ levels: [1, 2, 3] }),
    BulletList,
    NumberedList,
    Item,
    TaskList,
    TaskItem.configure(taskItem),
    ListKeymap,
    Blockquote,
    PlainCodeBlock,
    HorizontalRule,
    HardBreak,
    Mention,
    Timestamp.configure(timestamp),
    Bold,
    Italic,
    Strike,
    Underline,
    Code,
    Link,
  ];
}
