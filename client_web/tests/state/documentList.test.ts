import { describe, expect, it } from "vitest";
import type { DocumentInfo, DocumentKind } from "../../src/protocol/generated";
import {
  afterDocumentEvent,
  afterDocumentsSnapshot,
  type DocumentList,
  NO_DOCUMENTS,
  shownPage,
  withPage,
} from "../../src/state/documentList";
import { page, pages } from "../support/room";

const ids = ({ documents }: DocumentList) => documents.map((one) => one.document_id);
const named = (...numbers: number[]) => numbers.map((number) => `document_${number}`);
const listed = (documents: DocumentInfo[], has_more = true) =>
  afterDocumentsSnapshot(NO_DOCUMENTS, { documents, has_more, presenter: null });
const presented = (document: DocumentInfo) => ({ participant_id: "ana", document });

describe("what happens to documents", () => {
  const read = withPage(listed(pages(5, 7)), "document_5", { documents: pages(3, 4), has_more: true });

  it("reaches those that were read page by page", () => {
    const changed = page(3, { is_locked: true });
    const after = afterDocumentEvent(read, { type: "document_changed", seq: 1, document: changed });
    expect(after.documents[0]).toEqual(changed);
    const removed = afterDocumentEvent(after, {
      type: "document_removed",
      seq: 2,
      document_id: "document_3",
    });
    expect(ids(removed)).toEqual(named(4, 5, 6, 7));
  });

  it("lets nothing fall out when others are begun", () => {
    const events = pages(8, 90).map((document) => ({ type: "document_added" as const, seq: 1, document }));
    expect(ids(events.reduce(afterDocumentEvent, read))).toHaveLength(88);
  });

  it("brings back what was removed, the oldest one too, to where it was", () => {
    const removed = afterDocumentEvent(read, { type: "document_removed", seq: 1, document_id: "document_3" });
    const again = afterDocumentEvent(removed, { type: "document_added", seq: 2, document: page(3) });
    expect(ids(again)).toEqual(named(3, 4, 5, 6, 7));
  });

  it("says nothing of what is not known", () => {
    const changed = { type: "document_changed" as const, seq: 1, document: page(1) };
    expect(afterDocumentEvent(read, changed)).toBe(read);
  });

  it("tells of a page that is presented, however old", () => {
    const event = { type: "presenter_changed" as const, seq: 1, presenter: presented(page(1)) };
    expect(ids(afterDocumentEvent(read, event))).toEqual(named(1, 3, 4, 5, 6, 7));
    const snapshot = { documents: pages(5, 7), has_more: true, presenter: presented(page(1)) };
    expect(ids(afterDocumentsSnapshot(NO_DOCUMENTS, snapshot))).toEqual(named(1, 5, 6, 7));
  });
});

describe("a page of earlier documents", () => {
  it("is put before the rest, each of them once", () => {
    const strays = afterDocumentEvent(listed(pages(5, 7)), {
      type: "presenter_changed",
      seq: 1,
      presenter: presented(page(3)),
    });
    const after = withPage(strays, "document_5", { documents: pages(2, 4), has_more: false });
    expect(ids(after)).toEqual(named(2, 3, 4, 5, 6, 7));
    expect(after).toMatchObject({ since: page(2), hasMore: false });
  });

  it("goes on from the oldest one that was read, also when that is removed", () => {
    const removed = { type: "document_removed" as const, seq: 1, document_id: "document_5" };
    const after = afterDocumentEvent(listed(pages(5, 7)), removed);
    expect(after.since?.document_id).toBe("document_5");
    const read = withPage(after, "document_5", { documents: pages(3, 4), has_more: true });
    expect(ids(read)).toEqual(named(3, 4, 6, 7));
  });

  it("changes nothing when it comes twice, or too late", () => {
    const once = withPage(listed(pages(5, 7)), "document_5", { documents: pages(3, 4), has_more: true });
    expect(withPage(once, "document_5", { documents: pages(3, 4), has_more: true })).toBe(once);
    expect(withPage(NO_DOCUMENTS, "document_5", { documents: pages(3, 4), has_more: true })).toBe(
      NO_DOCUMENTS,
    );
  });

  it("takes away what has been removed in the meantime", () => {
    const before = withPage(listed(pages(5, 7)), "document_5", { documents: pages(1, 4), has_more: true });
    const again = afterDocumentsSnapshot(before, { documents: pages(6, 9), has_more: true, presenter: null });
    expect(ids(again)).toEqual(named(1, 2, 3, 4, 5, 6, 7, 8, 9));
    const read = withPage(again, "document_6", { documents: [page(3), page(5)], has_more: true });
    expect(ids(read)).toEqual(named(1, 2, 3, 5, 6, 7, 8, 9));
    const end = withPage(read, "document_3", { documents: [page(2)], has_more: false });
    expect(ids(end)).toEqual(named(2, 3, 5, 6, 7, 8, 9));
  });
});

it("takes a snapshot that says everything at its word", () => {
  const before = listed(pages(1, 5));
  expect(ids(listed([], false))).toEqual([]);
  const after = afterDocumentsSnapshot(before, { documents: [page(2)], has_more: false, presenter: null });
  expect(ids(after)).toEqual(named(2));
});

describe("the page that is shown", () => {
  const kinds: DocumentKind[] = ["board", "board", "notes"];
  const known = kinds.map((kind, index) => page(index + 1, { kind }));

  it.each([
    ["board", "document_1", "document_1"],
    ["board", null, "document_2"],
    ["board", "document_9", "document_2"],
    ["board", "document_3", "document_2"],
    ["notes", null, "document_3"],
  ] as const)("of a %s, when %s is chosen, is %s", (kind, chosen, expected) => {
    expect(shownPage(kind, known, chosen)?.document_id).toBe(expected);
  });

  it("is none where there is none of the kind", () => {
    expect(shownPage("notes", known.slice(0, 2), "document_1")).toBeUndefined();
  });
});
