/** A copy of a document for those who may only read it: what an editor tidies away there never reaches the document. */

import * as Y from "yjs";

export interface Replica {
  doc: Y.Doc;
  destroy(): void;
}

export function createReplica(source: Y.Doc): Replica {
  const doc = new Y.Doc();
  const onUpdate = (update: Uint8Array) => Y.applyUpdate(doc, update);
  Y.applyUpdate(doc, Y.encodeStateAsUpdate(source));
  source.on("update", onUpdate);
  return {
    doc,
    destroy: () => {
      source.off("update", onUpdate);
      doc.destroy();
    },
  };
}
