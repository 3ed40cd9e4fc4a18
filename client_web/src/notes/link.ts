/** Links: to http, https and mailto only, whatever the document says. */

import { InputRule, Mark, markPasteRule } from "@tiptap/core";
import type { MarkType } from "@tiptap/pm/model";
import { Plugin, PluginKey, type Transaction } from "@tiptap/pm/state";
import { safeHref, tokenize } from "../shared/linkTokens";

const ADDRESS = /(?:^|\s)((?:https?:\/\/|mailto:|www\.)\S+)$/i;
/** The space that ends an address. */
const TYPED = /(?:^|\s)(?:https?:\/\/|mailto:|www\.)\S+[^\S\n]$/i;

/** Return where a mark leads, or `null` when that is nowhere. */
export const hrefOf = (attributes: Record<string, unknown>): string | null =>
  typeof attributes.href === "string" ? safeHref(attributes.href) : null;

/** Return the address that somebody means who leaves out how it begins. */
export function meantAddress(text: string): string | null {
  const trimmed = text.trim();
  if (/^[^\s@/:]+@[^\s@/]+\.[^\s@/]+$/.test(trimmed)) return safeHref(`mailto:${trimmed}`);
  return (
    safeHref(trimmed) ?? (/^[a-z][a-z\d+.-]*:(?!\d)/i.test(trimmed) ? null : safeHref(`https://${trimmed}`))
  );
}

/** Make a link of the address that ends at a position; tells whether there is one. */
function markAddress(tr: Transaction, end: number, type: MarkType): boolean {
  const $end = tr.doc.resolve(end);
  if (!$end.parent.type.allowsMarkType(type)) return false;
  const before = $end.parent.textBetween(0, $end.parentOffset, undefined, "\ufffc");
  const address = ADDRESS.exec(before)?.[1] ?? "";
  const [token] = tokenize(address);
  const from = end - address.length;
  if (token?.kind !== "link" || tr.doc.rangeHasMark(from, end, type)) return false;
  tr.addMark(from, from + token.text.length, type.create({ href: token.href }));
  tr.removeStoredMark(type);
  return true;
}

export const Link = Mark.create({
  name: "link",
  priority: 1000,
  inclusive: false,
  keepOnSplit: false,
  exitable: true,

  addAttributes: () => ({
    href: {
      default: null,
      parseHTML: (element: HTMLElement) => safeHref(element.getAttribute("href") ?? ""),
    },
  }),

  parseHTML: () => [
    {
      tag: "a[href]",
      getAttrs: (element) => (safeHref(element.getAttribute("href") ?? "") === null ? false : null),
    },
  ],

  renderHTML({ mark }) {
    const href = hrefOf(mark.attrs);
    return ["a", href === null ? {} : { href, target: "_blank", rel: "noopener noreferrer" }, 0];
  },

  addInputRules() {
    return [
      new InputRule({
        find: TYPED,
        handler: ({ state, range }) => (markAddress(state.tr, range.to - 1, this.type) ? undefined : null),
      }),
    ];
  },

  addKeyboardShortcuts() {
    return {
      // Before the line ends.
      Enter: () => {
        const { state, view } = this.editor;
        const { tr } = state;
        if (state.selection.empty && markAddress(tr, state.selection.from, this.type)) view.dispatch(tr);
        return false;
      },
    };
  },

  addPasteRules() {
    return [
      markPasteRule({
        find: (text) => {
          let index = 0;
          return tokenize(text).flatMap((token) => {
            const start = index;
            index += token.text.length;
            return token.kind === "link"
              ? [{ text: token.text, index: start, data: { href: token.href } }]
              : [];
          });
        },
        type: this.type,
        getAttributes: (match) => ({ href: match.data?.href }),
      }),
    ];
  },

  addProseMirrorPlugins() {
    const { type, editor } = this;
    return [
      new Plugin({
        key: new PluginKey("link"),
        props: {
          // An address pasted over words makes them a link.
          handlePaste(view, event) {
            const text = event.clipboardData?.getData("text/plain").trim() ?? "";
            const [token, ...others] = tokenize(text);
            const { empty, from, to, $from, $to } = view.state.selection;
            const isOneAddress = token?.kind === "link" && others.length === 0;
            if (empty || !isOneAddress || !$from.sameParent($to) || !$from.parent.type.allowsMarkType(type)) {
              return false;
            }
            view.dispatch(view.state.tr.addMark(from, to, type.create({ href: token.href })));
            return true;
          },
          // In what one edits, a plain click places the cursor.
          handleClick(view, position, event) {
            if (!editor.isEditable || !(event.ctrlKey || event.metaKey)) return false;
            const mark = type.isInSet(view.state.doc.resolve(position).marks());
            const href = mark ? hrefOf(mark.attrs) : null;
            if (href === null) return false;
            window.open(href, "_blank", "noopener,noreferrer");
            return true;
          },
        },
      }),
    ];
  },
});
