import * as Y from "yjs";

/** A document as it was, from the update that says all of it. */
export function documentOf(update: Uint8Array): Y.Doc {
  const doc = new Y.Doc();
  Y.applyUpdate(doc, update);
  return doc;
}
