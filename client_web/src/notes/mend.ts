/**
 * Keeps a shared document such that an editor can show it. y-tiptap deletes every element that does not fit the schema,
 * with all that is in it, and fails at what is no element; here only what does not fit itself is taken away, before
 * y-tiptap sees it. Every change is one that comes to the same however many pages make it: deleting, never adding.
 */

import { Fragment, type NodeType, type Schema } from "@tiptap/pm/model";
import * as Y from "yjs";
import { isSound } from "./attributes";

/** The origin of its transactions: nobody's edits, so that nobody's undo brings them back. */
export const MEND = Symbol("mend");
/** Each list is two levels. What lies deeper could not be drawn, and deep recursion is its own danger. */
const MOST_DEPTH = 100;

/** Mend a whole document. */
export function mend(fragment: Y.XmlFragment, schema: Schema): void {
  fragment.doc?.transact(() => mendChildren(fragment, schema.topNodeType, 1), MEND);
}

/** Mend what others change, until the returned function is called. Has to be observing before y-tiptap is. */
export function keepMended(fragment: Y.XmlFragment, schema: Schema): () => void {
  const onChange = (_: unknown, transaction: Y.Transaction) => {
    if (!transaction.local) mend(fragment, schema);
  };
  mend(fragment, schema);
  fragment.observeDeep(onChange);
  return () => fragment.unobserveDeep(onChange);
}

/** Take away the children that do not fit. Returns whether what is left is enough. */
function mendChildren(parent: Y.XmlFragment, type: NodeType, depth: number): boolean {
  let index = 0;
  for (const item of itemsOf(parent)) {
    if (!item.countable) continue;
    const fits = item.content instanceof Y.ContentType && isFit(item.content.type, type, depth);
    if (fits) index += 1;
    else parent.delete(index, item.length);
  }
  return index > 0 || type.validContent(Fragment.empty);
}

function isFit(child: unknown, parent: NodeType, depth: number): boolean {
  // An XmlText is no XmlElement, nor the other way round; a hook is a map.
  if (child instanceof Y.XmlText) {
    if (!parent.inlineContent) return false;
    mendText(child, parent);
    return true;
  }
  if (!(child instanceof Y.XmlElement) || depth > MOST_DEPTH) return false;
  const type = parent.schema.nodes[child.nodeName];
  if (type === undefined || type.isText || parent.contentMatch.matchType(type) === null) return false;
  for (const [name, value] of Object.entries(child.getAttributes() as Record<string, unknown>)) {
    if (!isSound(child.nodeName, name, value)) child.removeAttribute(name);
  }
  return mendChildren(child, type, depth + 1);
}

function mendText(text: Y.XmlText, parent: NodeType): void {
  const marks = new Set<string>();
  let index = 0;
  for (const item of itemsOf(text)) {
    const { content } = item;
    if (content instanceof Y.ContentFormat) {
      if (content.value !== null && !allows(parent, content.key)) marks.add(content.key);
    } else if (content instanceof Y.ContentString) index += item.length;
    else if (item.countable) text.delete(index, item.length);
  }
  for (const mark of marks) text.format(0, text.length, { [mark]: null });
}

function allows(parent: NodeType, key: string): boolean {
  const mark = parent.schema.marks[key];
  return mark !== undefined && parent.allowsMarkType(mark);
}

/** What stands in a type now, as a list that stays while one deletes. */
function itemsOf(type: Y.XmlFragment | Y.XmlText): Y.Item[] {
  const items: Y.Item[] = [];
  for (let item = type._start; item !== null; item = item.right) if (!item.deleted) items.push(item);
  return items;
}
