/** A page with notes, without a browser: state and plugins as in the editor, and of its view what y-tiptap uses. */

import type { Node } from "@tiptap/pm/model";
import { EditorState, type PluginView, TextSelection, type Transaction } from "@tiptap/pm/state";
import type { EditorView } from "@tiptap/pm/view";
import { redo, undo, ySyncPlugin, yUndoPlugin } from "@tiptap/y-tiptap";
import * as Y from "yjs";
import { FRAGMENT } from "../../src/notes/document";
import { itemIds } from "../../src/notes/itemIds";
import { keepSelectionsCurrent } from "../../src/notes/selections";
import { openNotes, type Source, schema } from "../../src/notes/source";

export class NotesPage {
  readonly doc: Y.Doc;
  state: EditorState;
  /** How often this page has written into the document. */
  writes = 0;
  readonly #source: Source;
  readonly #views: PluginView[] = [];

  constructor(doc = new Y.Doc(), isEditable = true) {
    this.doc = doc;
    doc.on("updateV2", (_: unknown, origin: unknown) => {
      if (origin !== REMOTE) this.writes += 1;
    });
    this.#source = openNotes(doc, isEditable);
    const item = schema.nodes.taskItem;
    if (item === undefined) throw new Error("no action items");
    const plugins = [
      ySyncPlugin(this.#source.fragment),
      yUndoPlugin(),
      keepSelectionsCurrent(),
      itemIds(item),
    ];
    this.state = EditorState.create({ schema, plugins, doc: schema.nodeFromJSON(this.#source.content) });
    for (const plugin of this.state.plugins) this.#views.push(plugin.spec.view?.(this.#view) ?? {});
  }

  get text(): string {
    return this.doc.getXmlFragment(FRAGMENT).toString();
  }

  dispatch(transaction: Transaction): void {
    const before = this.state;
    this.state = before.apply(transaction);
    for (const view of this.#views) view.update?.(this.#view, before);
  }

  hasFocus(): boolean {
    return false;
  }

  /** Write at a position. */
  type(position: number, text: string): void {
    this.dispatch(this.state.tr.insertText(text, position));
  }

  insert(position: number, node: Node): void {
    this.dispatch(this.state.tr.insert(position, node));
  }

  select(position: number): void {
    this.dispatch(this.state.tr.setSelection(TextSelection.near(this.state.doc.resolve(position))));
  }

  undo = (): void => void undo(this.state);
  redo = (): void => void redo(this.state);

  close(): void {
    for (const view of this.#views) view.destroy?.();
    this.#source.close();
  }

  get #view(): EditorView {
    return this as unknown as EditorView;
  }
}

/** The origin of what arrives from elsewhere. */
export const REMOTE = Symbol("remote");

/** Bring every document to what all of them know. */
export function exchange(...docs: readonly Y.Doc[]): void {
  for (const from of docs) {
    for (const to of docs) {
      if (from !== to) Y.applyUpdate(to, Y.encodeStateAsUpdate(from, Y.encodeStateVector(to)), REMOTE);
    }
  }
}

/** Return a document with what `write` puts into its notes. */
export function written(write: (fragment: Y.XmlFragment) => void): Y.Doc {
  const doc = new Y.Doc();
  doc.transact(() => write(doc.getXmlFragment(FRAGMENT)));
  return doc;
}

/** Return a copy, as another page would have it. */
export function copied(doc: Y.Doc): Y.Doc {
  const copy = new Y.Doc();
  Y.applyUpdate(copy, Y.encodeStateAsUpdate(doc), REMOTE);
  return copy;
}

type Attributes = { [name: string]: string | number | boolean | object | null };

export function element(name: string, attributes: Attributes = {}, ...children: (Y.XmlElement | string)[]) {
  const made = new Y.XmlElement<Attributes>(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.insert(
    0,
    children.map((child) => (typeof child === "string" ? new Y.XmlText(child) : child)),
  );
  return made as unknown as Y.XmlElement;
}
