/** What views know of the documents that are shown. */

import { useStore } from "zustand";
import type { DocumentLink, DocumentState } from "../documents/documentLink";
import type { DocumentInfo, DocumentKind } from "../protocol/generated";
import { useDocuments, useRoom } from "../session/sessionContext";
import { shownPage } from "../state/documentList";

/** Every document of a kind that is known, oldest first. */
export function usePages(kind: DocumentKind): readonly DocumentInfo[] {
  const known = useRoom(({ documents }) => documents.documents);
  return known.filter((document) => document.kind === kind);
}

/** The page of a kind that is shown. */
export function useShownPage(kind: DocumentKind): DocumentInfo | undefined {
  const known = useRoom(({ documents }) => documents.documents);
  const chosen = useDocuments((state) => state.shown[kind]);
  return shownPage(kind, known, chosen);
}

export function useLink(documentId: string | undefined): DocumentLink | undefined {
  return useDocuments(({ links }) => (documentId === undefined ? undefined : links[documentId]));
}

export function useDocumentState(link: DocumentLink): DocumentState {
  return useStore(link.store);
}
