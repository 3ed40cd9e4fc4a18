/** Bring back how a document was: as a new change, so that nothing of what came since is lost from its history. */

import * as Y from "yjs";

/** A document as it was, from the update that says all of it. */
export function documentOf(update: Uint8Array): Y.Doc {
  const doc = new Y.Doc();
  Y.applyUpdate(doc, update);
  return doc;
}

/** Make a page of the board look as it did. What has not changed since is not touched. */
export function restoreBoard(doc: Y.Doc, earlier: Y.Doc): void {
  doc.transact(() => {
    for (const name of ["elements", "files"]) restoreMap(doc.getMap(name), earlier.getMap(name));
    const points = doc.getMap<Y.Array<number>>("points");
    const before = earlier.getMap<Y.Array<number>>("points");
    for (const id of [...points.keys()]) if (!before.has(id)) points.delete(id);
    for (const [id, list] of before) {
      const now = points.get(id)?.toArray();
      const then = list.toArray();
      if (now?.length === then.length && now.every((value, index) => value === then[index])) continue;
      points.set(id, Y.Array.from(then));
    }
  });
}

/** Make notes read as they did. */
export function restoreNotes(doc: Y.Doc, earlier: Y.Doc): void {
  const notes = doc.getXmlFragment("notes");
  const before = earlier.getXmlFragment("notes");
  if (notes.toString() === before.toString()) return;
  doc.transact(() => {
    notes.delete(0, notes.length);
    notes.insert(
      0,
      before.toArray().map((node) => node.clone() as Y.XmlElement | Y.XmlText),
    );
  });
}

function restoreMap(map: Y.Map<unknown>, before: Y.Map<unknown>): void {
  for (const key of [...map.keys()]) if (!before.has(key)) map.delete(key);
  for (const [key, value] of before) if (map.get(key) !== value) map.set(key, value);
}
