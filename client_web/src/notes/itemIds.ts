/**
 * Every action item has an id of its own, for as long as it lives. Only what is done in this page is given ids here, in
 * the same change: what arrives from others has theirs, so that pages never answer each other.
 */

import type { Node, NodeType, Slice } from "@tiptap/pm/model";
import { Fragment, Slice as PastedSlice } from "@tiptap/pm/model";
import { type EditorState, Plugin, PluginKey, type Transaction } from "@tiptap/pm/state";
import { ySyncPluginKey } from "@tiptap/y-tiptap";
import { randomId } from "../shared/randomId";
import { isId } from "./attributes";

/** Return where items stand that have no id, or that of an item before them. */
export function itemsWithoutOwnId(doc: Node): number[] {
  const seen = new Set<string>();
  const found: number[] = [];
  doc.descendants((node, position) => {
    if (node.type.name !== "taskItem") return;
    const id: unknown = node.attrs.itemId;
    if (isId(id) && !seen.has(id)) seen.add(id);
    else found.push(position);
  });
  return found;
}

const isFromYjs = (transaction: Transaction): boolean =>
  transaction.getMeta(ySyncPluginKey)?.isChangeOrigin === true;

/** Give ids to those who lack one after an edit in this page; `null` when there is nothing to do. */
export function giveIds(transactions: readonly Transaction[], state: EditorState): Transaction | null {
  if (!transactions.some((transaction) => transaction.docChanged) || transactions.some(isFromYjs))
    return null;
  const positions = itemsWithoutOwnId(state.doc);
  if (positions.length === 0) return null;
  const { tr } = state;
  for (const position of positions) tr.setNodeAttribute(position, "itemId", randomId());
  return tr;
}

/** Take the ids from what is pasted: a copy is another item. */
export function withoutIds(slice: Slice, type: NodeType): Slice {
  const strip = (fragment: Fragment): Fragment => {
    const nodes: Node[] = [];
    fragment.forEach((node) => {
      if (node.isText) nodes.push(node);
      else if (node.type !== type) nodes.push(node.copy(strip(node.content)));
      else nodes.push(type.create({ ...node.attrs, itemId: null }, strip(node.content), node.marks));
    });
    return Fragment.from(nodes);
  };
  return new PastedSlice(strip(slice.content), slice.openStart, slice.openEnd);
}

export function itemIds(type: NodeType): Plugin {
  return new Plugin({
    key: new PluginKey("itemIds"),
    appendTransaction: (transactions, _, state) => giveIds(transactions, state),
    props: {
      transformPasted(slice, view) {
        // What is dragged to another place stays the item that it is.
        return view.dragging?.move ? slice : withoutIds(slice, type);
      },
    },
  });
}
