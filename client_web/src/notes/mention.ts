/** Somebody's name in the notes. */

import { Node } from "@tiptap/core";
import { sound } from "./attributes";

export const mentionText = (attributes: Record<string, unknown>): string =>
  `@${sound("mention", "label", attributes.label) ?? "?"}`;

export const Mention = Node.create({
  name: "mention",
  group: "inline",
  inline: true,
  atom: true,
  selectable: false,

  addAttributes: () => ({
    id: {
      default: null,
      parseHTML: (element: HTMLElement) => sound("mention", "id", element.dataset.id),
      renderHTML: ({ id }: Record<string, unknown>) => ({ "data-id": sound("mention", "id", id) }),
    },
    label: {
      default: null,
      parseHTML: (element: HTMLElement) => sound("mention", "label", element.dataset.label),
      renderHTML: ({ label }: Record<string, unknown>) => ({
        "data-label": sound("mention", "label", label),
      }),
    },
  }),

  parseHTML: () => [{ tag: 'span[data-type="mention"]' }],

  renderHTML: ({ node, HTMLAttributes }) => [
    "span",
    { "data-type": "mention", ...HTMLAttributes },
    mentionText(node.attrs),
  ],

  renderText: ({ node }) => mentionText(node.attrs),
});
