/** Which of a room's documents a page knows of: the newest as the room tells, earlier ones as they were read. Pure. */

import type {
  DocumentInfo,
  DocumentKind,
  DocumentList as DocumentPage,
  DocumentsSnapshot,
} from "../protocol/generated";
import { byAge, type DocumentEvent } from "./applyDocumentEvent";

export interface DocumentList {
  /** Each of them once, oldest first. */
  documents: readonly DocumentInfo[];
  /** From this one on none is missing; it may have been removed since. What is before it came for a reason of its own. */
  since: DocumentInfo | null;
  /** There are others before `since`. */
  hasMore: boolean;
}

export const NO_DOCUMENTS: DocumentList = { documents: [], since: null, hasMore: false };

/**
 * Take in the newest documents as the server knows them. Earlier ones stay, as they were when they were last told of,
 * until they are read again.
 */
export function afterDocumentsSnapshot(list: DocumentList, snapshot: DocumentsSnapshot): DocumentList {
  const { documents, has_more, presenter } = snapshot;
  const since = documents[0] ?? null;
  const isEarlier = (one: DocumentInfo) => has_more && since !== null && byAge(one, since) < 0;
  const all = { documents: [...list.documents.filter(isEarlier), ...documents], since, hasMore: has_more };
  return presenter === null ? all : withDocument(all, presenter.document);
}

export function afterDocumentEvent(list: DocumentList, event: DocumentEvent): DocumentList {
  switch (event.type) {
    case "document_added":
      return withDocument(list, event.document);
    case "document_changed":
      return isKnown(list, event.document.document_id) ? withDocument(list, event.document) : list;
    case "document_removed":
      return { ...list, documents: without(list, event.document_id) };
    case "presenter_changed":
      return event.presenter === null ? list : withDocument(list, event.presenter.document);
  }
}

/** Take in a document as it is now, wherever it belongs. */
export function withDocument(list: DocumentList, document: DocumentInfo): DocumentList {
  return { ...list, documents: [...without(list, document.document_id), document].sort(byAge) };
}

/** Take in all that are next before `before`. A page that came too late, or twice, changes nothing. */
export function withPage(list: DocumentList, before: string, page: DocumentPage): DocumentList {
  const { since } = list;
  if (since === null || since.document_id !== before) return list;
  const first = page.documents[0];
  const hasMore = page.has_more && first !== undefined;
  const isElsewhere = (one: DocumentInfo) =>
    byAge(one, since) >= 0 || (hasMore && first !== undefined && byAge(one, first) < 0);
  const documents = [...list.documents.filter(isElsewhere), ...page.documents].sort(byAge);
  return { documents, since: first ?? since, hasMore };
}

export function isKnown({ documents }: DocumentList, documentId: string): boolean {
  return documents.some((one) => one.document_id === documentId);
}

/** The page of a kind that is shown: the one that was shown before while it is known, else the newest. */
export function shownPage(
  kind: DocumentKind,
  documents: readonly DocumentInfo[],
  chosen: string | null,
): DocumentInfo | undefined {
  const isChosen = (one: DocumentInfo) => one.document_id === chosen && one.kind === kind;
  return documents.find(isChosen) ?? newestOf(documents, kind);
}

export function newestOf(documents: readonly DocumentInfo[], kind: DocumentKind): DocumentInfo | undefined {
  return documents.findLast((document) => document.kind === kind);
}

function without({ documents }: DocumentList, documentId: string): DocumentInfo[] {
  return documents.filter((one) => one.document_id !== documentId);
}
