import { describe, expect, it, vi } from "vitest";
import { Doc, encodeStateAsUpdate, encodeStateVector } from "yjs";
import { createStore } from "zustand/vanilla";
import { type Outcome, Requester } from "../../src/connection/requester";
import { DocumentLink } from "../../src/documents/documentLink";
import {
  DOCUMENTS_IN_SNAPSHOT,
  type DocumentInfo,
  type DocumentKind,
  type DocumentsSnapshot,
  type Presenter,
} from "../../src/protocol/generated";
import { RoomDocuments } from "../../src/session/roomDocuments";
import { byAge, type DocumentEvent } from "../../src/state/applyDocumentEvent";
import { shownPage } from "../../src/state/documentList";
import { afterEvent, afterJoined, INITIAL_ROOM, type RoomState } from "../../src/state/roomState";
import { KeptPassages } from "../support/passages";
import { joined, page, pages, snapshot } from "../support/room";

type Fields = Record<string, unknown>;

/** A room's documents and one page in it. Answers, refuses and tells as the server does. */
class Server {
  readonly asked: { name: string; fields: Fields }[] = [];
  documents: DocumentInfo[];
  presenter: Presenter | null = null;
  /** By request: the code with which it is refused. */
  readonly refusals = new Map<string, string>();
  readonly contents = new Map<string, Doc>();
  readonly page: RoomDocuments;
  readonly #requests: Requester;
  readonly #room;
  readonly #passages = new KeptPassages();
  readonly #removed = new Map<string, DocumentInfo>();
  /** Answers wait for it. */
  #gate: Promise<void> = Promise.resolve();

  constructor(documents: DocumentInfo[] = []) {
    this.documents = documents;
    this.#requests = new Requester({
      send: async (name, fields) => {
        this.asked.push({ name, fields: fields as Fields });
        const outcome = this.#answer(name, fields as Fields);
        await this.#gate;
        return outcome;
      },
      tell: (name, fields) => void this.asked.push({ name, fields: fields as Fields }),
    });
    this.#requests.open();
    const start = afterJoined(INITIAL_ROOM, this.#joined());
    this.#room = createStore<RoomState>(() => start);
    this.page = new RoomDocuments({
      requests: this.#requests,
      room: this.#room,
      loadLink: async () => DocumentLink,
    });
  }

  /** Tell the page what has happened. */
  happen(event: DocumentEvent): void {
    const before = this.#room.getState();
    const seq = (before.snapshot?.seq ?? 0) + 1;
    this.#room.setState(afterEvent(before, { ...event, seq }), true);
    this.page.onRoomChanged(before);
  }

  add(document: DocumentInfo): void {
    this.documents = [...this.documents, document].sort(byAge);
    this.happen({ type: "document_added", seq: 0, document });
  }

  change(documentId: string, change: Partial<DocumentInfo>, isTold = true): void {
    const changed = { ...this.find(documentId), ...change } as DocumentInfo;
    this.documents = this.documents.map((one) => (one.document_id === documentId ? changed : one));
    if (isTold) this.happen({ type: "document_changed", seq: 0, document: changed });
  }

  remove(documentId: string, isTold = true): void {
    this.#removed.set(documentId, this.find(documentId) as DocumentInfo);
    this.documents = this.documents.filter((one) => one.document_id !== documentId);
    if (isTold) this.happen({ type: "document_removed", seq: 0, document_id: documentId });
  }

  restore(documentId: string): void {
    this.add(this.#removed.get(documentId) as DocumentInfo);
  }

  present(document: DocumentInfo | null, participant_id = "ana"): void {
    this.presenter = document === null ? null : { participant_id, document };
    this.happen({ type: "presenter_changed", seq: 0, presenter: this.presenter });
  }

  /** Hold every answer back until what is returned is called. */
  hold(): () => void {
    let release = () => {};
    this.#gate = new Promise((resolve) => {
      release = resolve;
    });
    return release;
  }

  /** The connection is lost, and back after so long that the page is told everything anew. */
  reconnect(): void {
    this.#passages.clear();
    const before = this.#room.getState();
    this.#room.setState(afterJoined(before, this.#joined()), true);
    this.page.onJoined(before);
  }

  find(documentId: unknown): DocumentInfo | undefined {
    return this.documents.find((one) => one.document_id === documentId);
  }

  get known(): string[] {
    return this.#room.getState().documents.documents.map((one) => one.document_id);
  }

  get info() {
    const { documents } = this.#room.getState().documents;
    return (id: string) => documents.find((one) => one.document_id === id);
  }

  /** What the views show of a kind. */
  shown(kind: DocumentKind): string | undefined {
    const { shown } = this.page.store.getState();
    return shownPage(kind, this.#room.getState().documents.documents, shown[kind])?.document_id;
  }

  get links(): string[] {
    return Object.keys(this.page.store.getState().links).sort();
  }

  link(documentId: string): DocumentLink {
    const link = this.page.store.getState().links[documentId];
    if (link === undefined) throw new Error(`${documentId} is not open`);
    return link;
  }

  async opened(...documentIds: string[]): Promise<void> {
    await vi.waitFor(() => {
      expect(this.links).toEqual(documentIds);
      for (const id of documentIds) expect(this.link(id).store.getState().phase.kind).toBe("open");
    });
  }

  times(name: string): number {
    return this.asked.filter((one) => one.name === name).length;
  }

  #joined() {
    return joined({ snapshot: snapshot({ documents: this.#listed() }) });
  }

  #listed(): DocumentsSnapshot {
    const documents = this.documents.slice(-DOCUMENTS_IN_SNAPSHOT);
    return { documents, has_more: documents.length < this.documents.length, presenter: this.presenter };
  }

  #answer(name: string, fields: Fields): Outcome {
    const refused = (code: string): Outcome => ({ error: { code, text: "" } });
    const refusal = this.refusals.get(name);
    if (refusal !== undefined) return refused(refusal);
    const id = fields.document_id as string;
    const found = this.find(id);
    switch (name) {
      case "document_create": {
        const kind = fields.kind as DocumentKind;
        const newest = this.documents.findLast((one) => one.kind === kind);
        if (newest !== undefined && newest.document_id !== fields.after) return { ok: { document: newest } };
        const document = page(1_000, { kind, title: fields.title as string });
        this.add(document);
        return { ok: { document } };
      }
      case "document_page": {
        const at = this.documents.findIndex((one) => one.document_id === fields.before);
        const documents = this.documents.slice(Math.max(0, at - DOCUMENTS_IN_SNAPSHOT), at);
        return { ok: { documents, has_more: at > DOCUMENTS_IN_SNAPSHOT } };
      }
      case "document_begin_anew":
        if (found?.health !== "broken") return refused("bad_request");
        this.contents.delete(id);
        this.change(id, { epoch: found.epoch + 1, health: "good" });
        return { ok: {} };
      case "document_open": {
        if (found === undefined) return refused("not_found");
        if (found.health === "broken") return refused("document_broken");
        const doc = this.#contentsOf(id);
        const state = fields.epoch === found.epoch ? (fields.state as Uint8Array) : undefined;
        const update = this.#passages.begin(encodeStateAsUpdate(doc, state));
        const { epoch } = found;
        return { ok: { epoch, seq: 0, state: encodeStateVector(doc), update, presences: [] } };
      }
      case "document_version":
        return { ok: { update: this.#passages.begin(encodeStateAsUpdate(this.#contentsOf(id))) } };
      case "document_more":
        return this.#passages.more(fields.passage_id as string, fields.offset as number);
      case "document_update":
        return found === undefined ? refused("not_found") : { ok: { seq: 1 } };
      default:
        return refused("bad_request");
    }
  }

  #contentsOf(documentId: string): Doc {
    const doc = this.contents.get(documentId) ?? new Doc();
    this.contents.set(documentId, doc);
    return doc;
  }
}

/** What takes many messages to read. */
function long(): Doc {
  const doc = new Doc();
  const text = Array.from({ length: 400 }, (_, i) => ((i * i * 31) % 97).toString(36)).join("");
  doc.getText("notes").insert(0, text);
  return doc;
}

const notes = (number: number) => page(number, { kind: "notes" });

describe("what is open", () => {
  it("is the newest page of what is shown, and nothing that is not", async () => {
    const server = new Server([page(1), page(2), notes(3)]);
    server.page.show("board");
    await server.opened("document_2");
    server.page.show("notes");
    await server.opened("document_2", "document_3");
    server.page.show("board", "document_1");
    await server.opened("document_1", "document_3");
    server.page.hide("board");
    await server.opened("document_3");
  });

  it("is a page until what was changed on it is kept", async () => {
    const server = new Server([page(1), page(2)]);
    server.page.show("board");
    await server.opened("document_2");
    const link = server.link("document_2");
    link.store.setState({ isSaved: false });
    expect(server.page.isUnsaved).toBe(true);
    server.page.show("board", "document_1");
    await server.opened("document_1", "document_2");
    link.store.setState({ isSaved: true });
    await server.opened("document_1");
  });

  it("is what the views show, when the page that one has turned to is removed", async () => {
    const server = new Server([page(1), page(2)]);
    server.page.show("board", "document_1");
    await server.opened("document_1");
    server.remove("document_1");
    expect(server.shown("board")).toBe("document_2");
    await server.opened("document_2");
    server.restore("document_1");
    expect(server.shown("board")).toBe("document_2");
    await server.opened("document_2");
  });

  it("is nothing, when the only page is removed", async () => {
    const server = new Server([page(1)]);
    server.page.show("board", "document_1");
    await server.opened("document_1");
    server.remove("document_1");
    expect(server.shown("board")).toBeUndefined();
    await server.opened();
  });

  it("is a removed page with something unsaved again, once it is brought back", async () => {
    const server = new Server([page(1)]);
    server.page.show("board");
    await server.opened("document_1");
    const link = server.link("document_1");
    link.store.setState({ isSaved: false });
    server.remove("document_1");
    server.reconnect();
    await vi.waitFor(() => expect(link.store.getState().phase.kind).toBe("failed"));
    server.restore("document_1");
    await server.opened("document_1");
    await vi.waitFor(() => expect(server.page.isUnsaved).toBe(false));
  });

  it("is opened again when the connection is back", async () => {
    const server = new Server([page(1)]);
    server.page.show("board");
    await server.opened("document_1");
    server.reconnect();
    await vi.waitFor(() => expect(server.times("document_open")).toBe(2));
  });

  it("is all there again, however much is read at once", async () => {
    const server = new Server([page(1), page(2), notes(3)]);
    for (const id of ["document_1", "document_2", "document_3"]) server.contents.set(id, long());
    server.page.show("board", "document_1");
    server.page.show("notes");
    await server.opened("document_1", "document_3");
    server.link("document_1").store.setState({ isSaved: false });
    server.page.show("board", "document_2");
    await server.opened("document_1", "document_2", "document_3");
    for (const id of server.links) server.contents.set(id, long());
    server.reconnect();
    const version = await server.page.version("document_2", 1);
    expect(version.length).toBeGreaterThan(400);
    await server.opened("document_2", "document_3");
  });
});

describe("a page that is begun", () => {
  it("comes after the newest that is known, and is shown", async () => {
    const server = new Server([page(1), page(2), notes(3)]);
    await server.page.begin("board", "Today");
    expect(server.asked[0]).toMatchObject({
      name: "document_create",
      fields: { after: "document_2", title: "Today" },
    });
    expect(server.shown("board")).toBe("document_1000");
    await server.opened("document_1000");
  });

  it("is somebody else's, where that was begun before", async () => {
    const server = new Server([page(1), ...pages(2, 70).map(({ created_at }) => notes(created_at))]);
    await server.page.begin("board", "Today");
    expect(server.shown("board")).toBe("document_1");
    await server.opened("document_1");
  });

  it("by somebody else takes nobody away from what they are at, chosen or not", async () => {
    const server = new Server([page(1)]);
    server.page.show("board");
    await server.opened("document_1");
    server.add(page(2));
    expect(server.shown("board")).toBe("document_1");
    await server.opened("document_1");
    expect(server.page.store.getState().hasNews.board).toBe(false);
  });

  it("is news for whom the board is closed, until they look", async () => {
    const server = new Server([page(1)]);
    const news = () => server.page.store.getState().hasNews;
    server.add(notes(2));
    server.change("document_1", { title: "Renamed" });
    expect(news()).toEqual({ board: false, notes: true });
    server.add(page(3));
    server.page.show("board");
    expect(news()).toEqual({ board: false, notes: true });
    expect(server.shown("board")).toBe("document_3");
  });

  it("is not shown when it is refused", async () => {
    const server = new Server([page(1)]);
    server.refusals.set("document_create", "forbidden");
    await expect(server.page.begin("board", "Today")).rejects.toMatchObject({ code: "forbidden" });
    expect(server.page.store.getState().isOpen.board).toBe(false);
  });
});

describe("whoever presents", () => {
  it("is shown with their board, and turned with", async () => {
    const server = new Server([page(1), page(2)]);
    server.present(page(1));
    expect(server.page.store.getState()).toMatchObject({ isFollowing: true, isOpen: { board: true } });
    expect(server.shown("board")).toBe("document_1");
    server.present(page(2));
    expect(server.shown("board")).toBe("document_2");
    server.present(null);
    expect(server.page.store.getState()).toMatchObject({ isFollowing: false, isOpen: { board: true } });
    await server.opened("document_2");
  });

  it("is followed to a page that is older than those that are listed", async () => {
    const server = new Server(pages(1, 70));
    server.present(page(3));
    expect(server.shown("board")).toBe("document_3");
    await server.opened("document_3");
    server.change("document_3", { is_locked: true });
    expect(server.info("document_3")?.is_locked).toBe(true);
    server.reconnect();
    expect(server.shown("board")).toBe("document_3");
  });

  it("leaves a page whose name is read again after an absence, when it is presented no more", async () => {
    const server = new Server(pages(1, 70));
    server.present(page(3));
    await server.opened("document_3");
    server.change("document_3", { title: "Goals" }, false);
    server.presenter = null;
    server.reconnect();
    await vi.waitFor(() => expect(server.info("document_3")?.title).toBe("Goals"));
    expect(server.shown("board")).toBe("document_3");
    expect(server.times("document_page")).toBe(1);
  });

  it("has a new name at once after an absence, while they present it", () => {
    const server = new Server(pages(1, 70));
    server.present(page(3));
    server.change("document_3", { title: "Goals" }, false);
    server.presenter = { participant_id: "ana", document: page(3, { title: "Goals" }) };
    server.reconnect();
    expect(server.info("document_3")?.title).toBe("Goals");
    expect(server.times("document_page")).toBe(0);
  });

  it("does not take the keyboard, as what one asks for does", async () => {
    const server = new Server([page(1), page(2)]);
    server.present(page(1));
    server.present(page(2));
    expect(server.page.store.getState().sought).toBeNull();
    server.page.show("board", "document_1");
    expect(server.page.store.getState().sought).toBe("board");
    server.page.found();
    expect(server.page.store.getState().sought).toBeNull();
    await server.page.begin("notes", "Today");
    expect(server.page.store.getState().sought).toBe("notes");
  });

  it("is followed no more by who turns to another page, or begins one", async () => {
    const server = new Server([page(1), page(2)]);
    const isFollowing = () => server.page.store.getState().isFollowing;
    server.present(page(1));
    server.page.show("notes");
    server.page.show("board", "document_1");
    expect(isFollowing()).toBe(true);
    server.page.show("board", "document_2");
    expect(isFollowing()).toBe(false);
    server.page.setFollowing(true);
    expect(server.shown("board")).toBe("document_1");
    await server.page.begin("board", "Today");
    expect(isFollowing()).toBe(false);
  });

  it("takes nobody away from the page that they are at work on, and stays on theirs", () => {
    const server = new Server([page(1), page(2)]);
    server.page.show("board", "document_2");
    server.present(page(1));
    expect(server.page.store.getState().isFollowing).toBe(false);
    expect(server.shown("board")).toBe("document_2");
    server.present(page(1), "me");
    expect(server.page.store.getState().isFollowing).toBe(false);
    expect(server.shown("board")).toBe("document_2");
  });
});

describe("earlier pages", () => {
  it("are read before those that are known, and told of from then on", async () => {
    const server = new Server(pages(1, 130));
    await server.page.loadEarlier();
    expect(server.asked[0]).toMatchObject({ name: "document_page", fields: { before: "document_71" } });
    expect(server.known).toEqual(pages(11, 130).map((one) => one.document_id));
    server.change("document_12", { is_locked: true });
    expect(server.info("document_12")?.is_locked).toBe(true);
    server.remove("document_13");
    expect(server.known).not.toContain("document_13");
    server.add(page(131));
    expect(server.known).toContain("document_71");
    await server.page.loadEarlier();
    expect(server.asked[1]).toMatchObject({ name: "document_page", fields: { before: "document_11" } });
    expect(server.known).toEqual(server.documents.map((one) => one.document_id));
    await server.page.loadEarlier();
    expect(server.times("document_page")).toBe(2);
  });

  it("are asked for again after a refusal", async () => {
    const server = new Server(pages(1, 70));
    server.refusals.set("document_page", "forbidden");
    await expect(server.page.loadEarlier()).rejects.toMatchObject({ code: "forbidden" });
    server.refusals.clear();
    await server.page.loadEarlier();
    expect(server.known).toHaveLength(70);
  });

  it("are read by itself while none of the kind that is shown is known", async () => {
    const server = new Server([page(1), ...pages(2, 200).map(({ created_at }) => notes(created_at))]);
    server.page.show("board");
    expect(server.page.store.getState().isReading).toBe(true);
    await server.opened("document_1");
    expect(server.times("document_page")).toBe(3);
  });

  it("are read again after a connection that was lost, because nobody has told what became of them", async () => {
    const server = new Server(pages(1, 200));
    await server.page.loadEarlier();
    await server.page.loadEarlier();
    server.page.show("board", "document_30");
    server.change("document_30", { is_locked: true }, false);
    server.remove("document_40", false);
    server.reconnect();
    expect(server.shown("board")).toBe("document_30");
    await vi.waitFor(() => expect(server.info("document_30")?.is_locked).toBe(true));
    expect(server.known).not.toContain("document_40");
    expect(server.times("document_page")).toBe(4);
    await server.opened("document_30");
  });
});

describe("a broken page that is begun anew", () => {
  it("is opened by those who could not read it, and not before", async () => {
    const server = new Server([page(1, { health: "broken" })]);
    server.page.show("board");
    await vi.waitFor(() => expect(server.link("document_1").store.getState().phase.kind).toBe("failed"));
    server.change("document_1", { is_locked: true });
    await new Promise((done) => setImmediate(done));
    expect(server.times("document_open")).toBe(1);
    server.change("document_1", { health: "good", epoch: 2 });
    await server.opened("document_1");
    expect(server.link("document_1").store.getState().epoch).toBe(2);
  });

  it("is opened by the host who has asked for it", async () => {
    const server = new Server([page(1, { health: "broken" })]);
    server.page.show("board");
    await vi.waitFor(() => expect(server.link("document_1").store.getState().phase.kind).toBe("failed"));
    await server.page.beginAnew("document_1");
    await server.opened("document_1");
    await expect(server.page.beginAnew("document_1")).rejects.toMatchObject({ code: "bad_request" });
  });

  it("is opened again by those who had it open, or were about to", async () => {
    const server = new Server([page(1)]);
    server.page.show("board");
    await server.opened("document_1");
    server.change("document_1", { epoch: 2 });
    await vi.waitFor(() => expect(server.link("document_1").store.getState().epoch).toBe(2));
    server.page.hide("board");
    await server.opened();
    const release = server.hold();
    server.page.show("board");
    await vi.waitFor(() => expect(server.times("document_open")).toBe(3));
    server.change("document_1", { epoch: 3 });
    release();
    await vi.waitFor(() => expect(server.link("document_1").store.getState().epoch).toBe(3));
    expect(server.times("document_open")).toBe(4);
  });
});
