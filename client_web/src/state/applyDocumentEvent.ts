/** Keep the list of a room's newest documents current. The twin of `protocol/document_replay.py`. */

import {
  DOCUMENTS_IN_SNAPSHOT,
  type DocumentInfo,
  type DocumentsSnapshot,
  type RoomEvent,
} from "../protocol/generated";

export type DocumentEvent = Extract<
  RoomEvent,
  { type: "document_added" | "document_changed" | "document_removed" | "presenter_changed" }
>;

/** Return the room's documents after `event`. What falls out of the list is read by `document_page`. */
export function applyDocumentEvent(snapshot: DocumentsSnapshot, event: DocumentEvent): DocumentsSnapshot {
  const { documents } = snapshot;
  switch (event.type) {
    case "document_added":
      return withDocument(snapshot, event.document);
    case "document_changed": {
      const changed = event.document;
      const asGiven = (d: DocumentInfo) => (d.document_id === changed.document_id ? changed : d);
      const { presenter } = snapshot;
      const isPresented = presenter?.document.document_id === changed.document_id;
      return {
        ...snapshot,
        documents: documents.map(asGiven),
        presenter: isPresented ? { ...presenter, document: changed } : presenter,
      };
    }
    case "document_removed":
      return { ...snapshot, documents: documents.filter((d) => d.document_id !== event.document_id) };
    case "presenter_changed":
      return { ...snapshot, presenter: event.presenter };
  }
}

function withDocument(snapshot: DocumentsSnapshot, added: DocumentInfo): DocumentsSnapshot {
  const [oldest] = snapshot.documents;
  // Between it and the oldest one here there may be others.
  if (snapshot.has_more && (oldest === undefined || byAge(oldest, added) >= 0)) return snapshot;
  const listed = [...snapshot.documents, added].sort(byAge);
  const documents = listed.slice(-DOCUMENTS_IN_SNAPSHOT);
  return { ...snapshot, documents, has_more: snapshot.has_more || documents.length < listed.length };
}

export function byAge(a: DocumentInfo, b: DocumentInfo): number {
  if (a.created_at !== b.created_at) return a.created_at - b.created_at;
  return a.document_id < b.document_id ? -1 : Number(a.document_id > b.document_id);
}
