/** What views know of the documents that are shown. */

import { useStore } from "zustand";
import type { DocumentLink, DocumentState } from "../documents/documentLink";
import type { DocumentInfo, DocumentKind } from "../protocol/generated";
import { newestOf } from "../session/roomDocuments";
import { useDocuments, useRoom } from "../session/sessionContext";

const NONE: readonly DocumentInfo[] = [];

/** Every document of a kind that is known, oldest first. */
export function usePages(kind: DocumentKind): readonly DocumentInfo[] {
  const listed = useRoom(({ snapshot }) => snapshot?.documents.documents ?? NONE);
  const earlier = useDocuments((state) => state.earlier);
  return [...earlier, ...listed].filter((document) => document.kind === kind);
}

/** The page of a kind that is shown: the chosen one, or the newest. */
export function useShownPage(kind: DocumentKind): DocumentInfo | undefined {
  const pages = usePages(kind);
  const chosen = useDocuments((state) => state.shown[kind]);
  return pages.find((page) => page.document_id === chosen) ?? newestOf(pages, kind);
}

export function useLink(documentId: string | undefined): DocumentLink | undefined {
  return useDocuments(({ links }) => (documentId === undefined ? undefined : links[documentId]));
}

export function useDocumentState(link: DocumentLink): DocumentState {
  return useStore(link.store);
}
