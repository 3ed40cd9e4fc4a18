import { deflateSync } from "node:zlib";
import { expect, it, vi } from "vitest";
import { createStore } from "zustand/vanilla";
import { type Link, type Outcome, Requester } from "../../src/connection/requester";
import { DocumentLink } from "../../src/documents/documentLink";
import type { DocumentInfo, DocumentKind, Presenter } from "../../src/protocol/generated";
import { RoomDocuments } from "../../src/session/roomDocuments";
import { afterEvent, afterJoined, INITIAL_ROOM, type RoomState } from "../../src/state/roomState";
import { joined, snapshot } from "../support/room";

const EMPTY = new Uint8Array(deflateSync(new Uint8Array([0, 0])));

function page(number: number, kind: DocumentKind = "board"): DocumentInfo {
  const document_id = `document_${number}`;
  return { document_id, kind, title: `Page ${number}`, created_at: number, is_locked: false, health: "good" };
}

function setUp(documents: DocumentInfo[] = []) {
  const asked: { name: string; fields: Record<string, unknown> }[] = [];
  const answer = (name: string, fields: Record<string, unknown>): Outcome => {
    asked.push({ name, fields });
    const passage = { passage_id: "p", data: EMPTY, size: EMPTY.length };
    const opened = { epoch: 1, seq: 0, state: new Uint8Array([0]), update: passage, presences: [] };
    if (name === "document_open") return { ok: opened };
    if (name === "document_create") return { ok: { document: page(9) } };
    if (name === "document_page") return { ok: { documents: [page(0)], has_more: false } };
    return { ok: {} };
  };
  const link: Link = {
    send: async (name, fields) => answer(name, fields as Record<string, unknown>),
    tell: (name, fields) => void asked.push({ name, fields: fields as Record<string, unknown> }),
  };
  const requests = new Requester(link);
  requests.open();
  const listed = { documents, has_more: true, presenter: null };
  const start = joined({ snapshot: snapshot({ documents: listed }) });
  const room = createStore<RoomState>(() => afterJoined(INITIAL_ROOM, start));
  const opened = new RoomDocuments({ requests, room, loadLink: async () => DocumentLink });
  const happen = (event: Parameters<typeof afterEvent>[1]) => {
    const before = room.getState();
    const seq = (before.snapshot?.seq ?? 0) + 1;
    room.setState(afterEvent(before, { ...event, seq }), true);
    opened.onRoomChanged(before);
  };
  const present = (presenter: Presenter | null) => happen({ type: "presenter_changed", seq: 0, presenter });
  const links = () => Object.keys(opened.store.getState().links);
  return { asked, opened, happen, present, links };
}

it("opens the newest page of what is shown, and lets go of what is not", async () => {
  const { opened, links } = setUp([page(1), page(2), page(3, "notes")]);
  opened.show("board");
  await vi.waitFor(() => expect(links()).toEqual(["document_2"]));
  opened.show("notes");
  await vi.waitFor(() => expect(links()).toEqual(["document_2", "document_3"]));
  opened.show("board", "document_1");
  await vi.waitFor(() => expect(links().sort()).toEqual(["document_1", "document_3"]));
  opened.hide("board");
  await vi.waitFor(() => expect(links()).toEqual(["document_3"]));
});

it("keeps a page until what was changed on it is kept", async () => {
  const { opened, links } = setUp([page(1), page(2)]);
  opened.show("board");
  await vi.waitFor(() => expect(links()).toEqual(["document_2"]));
  const link = opened.store.getState().links.document_2;
  link?.store.setState({ isSaved: false });
  expect(opened.isUnsaved).toBe(true);
  opened.show("board", "document_1");
  await vi.waitFor(() => expect(links().sort()).toEqual(["document_1", "document_2"]));
  link?.store.setState({ isSaved: true });
  await vi.waitFor(() => expect(links()).toEqual(["document_1"]));
});

it("begins a page after the newest that is known, and shows what was begun", async () => {
  const { opened, asked } = setUp([page(1), page(2), page(3, "notes")]);
  await opened.begin("board", "Today");
  expect(asked[0]).toMatchObject({
    name: "document_create",
    fields: { after: "document_2", title: "Today" },
  });
  expect(opened.store.getState().shown.board).toBe("document_9");
  expect(opened.store.getState().isOpen.board).toBe(true);
});

it("shows the board of whoever begins to present, and turns with them", async () => {
  const { opened, present } = setUp([page(1), page(2)]);
  present({ participant_id: "ana", document_id: "document_1" });
  expect(opened.store.getState()).toMatchObject({ isFollowing: true, isOpen: { board: true } });
  expect(opened.store.getState().shown.board).toBe("document_1");
  present({ participant_id: "ana", document_id: "document_2" });
  expect(opened.store.getState().shown.board).toBe("document_2");
  present(null);
  expect(opened.store.getState()).toMatchObject({ isFollowing: false, isOpen: { board: true } });
});

it("takes nobody away from the page that they are at work on, nor the presenter from theirs", () => {
  const { opened, present } = setUp([page(1), page(2)]);
  opened.show("board", "document_2");
  present({ participant_id: "ana", document_id: "document_1" });
  expect(opened.store.getState()).toMatchObject({ isFollowing: false, shown: { board: "document_2" } });
  present({ participant_id: "me", document_id: "document_1" });
  expect(opened.store.getState()).toMatchObject({ isFollowing: false, shown: { board: "document_2" } });
});

it("reads earlier pages before those that it knows", async () => {
  const { opened, asked } = setUp([page(1), page(2)]);
  await opened.loadEarlier();
  expect(asked[0]).toMatchObject({ name: "document_page", fields: { before: "document_1" } });
  expect(opened.documents().map((one) => one.document_id)).toEqual([
    "document_0",
    "document_1",
    "document_2",
  ]);
  expect(opened.store.getState().hasMore).toBe(false);
});

it("opens everything again when the connection is back", async () => {
  const { opened, asked, links } = setUp([page(1)]);
  opened.show("board");
  await vi.waitFor(() => expect(links()).toHaveLength(1));
  await vi.waitFor(() => expect(asked.filter(({ name }) => name === "document_open")).toHaveLength(1));
  opened.onJoined();
  await vi.waitFor(() => expect(asked.filter(({ name }) => name === "document_open")).toHaveLength(2));
});
