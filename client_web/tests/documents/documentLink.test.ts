import { deflateSync } from "node:zlib";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { applyUpdate, Doc, decodeUpdate, encodeStateAsUpdate, encodeStateVector, Array as YArray } from "yjs";
import { type Link, type Outcome, Requester } from "../../src/connection/requester";
import { DocumentLink } from "../../src/documents/documentLink";
import { Passages } from "../../src/documents/passage";
import { type DocumentUpdated, MAX_UPLOAD_BYTES, type RequestName } from "../../src/protocol/generated";

beforeEach(
  () => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval"] }),
);
afterEach(() => void vi.useRealTimers());

const ID = "document_1";
const resolve = (participantId: string) => ({
  participantId,
  name: `Name of ${participantId}`,
  personId: "ana",
});

/** Answers as the server does, from a document of its own; loses and refuses what it is told to. */
class Server {
  doc = new Doc();
  epoch = 1;
  seq = 0;
  opened = 0;
  updates: Uint8Array[] = [];
  told: Record<string, unknown>[] = [];
  presences: { participant_id: string; client: number; state: Uint8Array | null }[] = [];
  refusal: string | null = null;
  /** Numbers under which somebody else has written. */
  taken = new Set<number>();
  isLosing = false;
  /** What becomes of the next parts of updates: the answer is lost, it is refused so, or all is well. */
  parts: ("lost" | "forgotten" | string | null)[] = [];
  /** How many parts came. */
  partsSent = 0;
  partBytes = 100_000;
  #collected = Buffer.alloc(0);
  readonly #passages = new Map<string, Uint8Array>();
  /** So many passages are not kept until they have been read. */
  lostPassages = 0;
  /** Those whose line is up. */
  links = new Set<DocumentLink>();

  page(): { link: DocumentLink; requests: Requester } {
    const wire: Link = {
      send: async (name, fields) => this.#answer(name, fields as Record<string, unknown>),
      tell: (name, fields) => void this.told.push({ name, ...fields }),
    };
    const requests = new Requester(wire);
    requests.open();
    const link = new DocumentLink({ documentId: ID, requests, passages: new Passages(requests), resolve });
    this.links.add(link);
    return { link, requests };
  }

  /** Somebody else changes the document. */
  change(write: (doc: Doc) => void, isTold = true): DocumentUpdated {
    const other = new Doc();
    applyUpdate(other, encodeStateAsUpdate(this.doc));
    const before = encodeStateVector(other);
    write(other);
    return this.#keep(encodeStateAsUpdate(other, before), isTold);
  }

  text(): string {
    return this.doc.getText("notes").toString();
  }

  #answer(name: RequestName, fields: Record<string, unknown>): Outcome {
    if (this.isLosing) return "lost";
    switch (name) {
      case "document_open": {
        this.opened++;
        const isKnown = fields.epoch === this.epoch;
        const state = isKnown ? (fields.state as Uint8Array) : new Uint8Array([0]);
        const update = this.#passage(encodeStateAsUpdate(this.doc, state));
        const state_vector = encodeStateVector(this.doc);
        return {
          ok: { epoch: this.epoch, seq: this.seq, state: state_vector, update, presences: this.presences },
        };
      }
      case "document_more": {
        if (this.lostPassages-- > 0) return { error: { code: "not_found", text: "" } };
        const rest = this.#passages.get(fields.passage_id as string)?.subarray(fields.offset as number);
        return { ok: { data: rest?.subarray(0, this.partBytes) } };
      }
      case "document_update": {
        if (this.refusal !== null) return { error: { code: this.refusal, text: "" } };
        if (fields.epoch !== this.epoch) return { error: { code: "out_of_sync", text: "" } };
        const clients = this.taken.size === 0 ? [] : clientsOf(fields.update as Uint8Array);
        if (clients.some((client) => this.taken.has(client)))
          return { error: { code: "forbidden", text: "" } };
        const update = fields.update as Uint8Array;
        const offset = fields.offset as number | undefined;
        if (offset !== undefined) return this.#takePart(update, offset, fields.is_part === true);
        return { ok: { seq: this.#keep(update, true).seq } };
      }
      default:
        return { error: { code: "bad_request", text: name } };
    }
  }

  #takePart(part: Uint8Array, offset: number, isPart: boolean): Outcome {
    this.partsSent++;
    const fate = this.parts.shift() ?? null;
    if (fate === "forgotten") this.#collected = Buffer.alloc(0);
    if (offset > this.#collected.length) return { error: { code: "out_of_sync", text: "" } };
    this.#collected = Buffer.concat([this.#collected.subarray(0, offset), part]);
    if (this.#collected.length > MAX_UPLOAD_BYTES) return { error: { code: "too_large", text: "" } };
    if (fate !== null && fate !== "lost" && fate !== "forgotten") return { error: { code: fate, text: "" } };
    const outcome = { ok: { seq: isPart ? 0 : this.#keep(this.#collected, true).seq } };
    return fate === "lost" ? "lost" : outcome;
  }

  #passage(data: Uint8Array) {
    const packed = new Uint8Array(deflateSync(data));
    const passage_id = `passage_${this.#passages.size}`;
    this.#passages.set(passage_id, packed);
    return { passage_id, data: packed.subarray(0, this.partBytes), size: packed.length };
  }

  #keep(data: Uint8Array, isTold: boolean): DocumentUpdated {
    applyUpdate(this.doc, data);
    this.updates.push(data);
    const notice: DocumentUpdated = {
      type: "document_updated",
      document_id: ID,
      epoch: this.epoch,
      seq: ++this.seq,
      update: data,
    };
    if (isTold) for (const link of this.links) link.onUpdated(notice);
    return notice;
  }
}

const clientsOf = (update: Uint8Array) => decodeUpdate(update).structs.map(({ id }) => id.client);

/** Let time pass, timers and what is really waited for: decompression takes turns that no timer counts. */
async function pass(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
  await new Promise((done) => setImmediate(done));
}

/** Let time pass until something is so, a minute at most. */
async function eventually(expectation: () => void): Promise<void> {
  for (let turn = 0; ; turn++) {
    try {
      return expectation();
    } catch (error) {
      if (turn === 2_000) throw error;
      await pass(30);
    }
  }
}

async function openPage(server: Server) {
  const page = server.page();
  page.link.open();
  await eventually(() => expect(page.link.store.getState().phase.kind).toBe("open"));
  return page;
}

const write = (link: DocumentLink, text: string) => link.doc.getText("notes").insert(0, text);
const read = (link: DocumentLink) => link.doc.getText("notes").toString();

it("shows what is there, what comes, and tells what is written here", async () => {
  const server = new Server();
  server.change((doc) => doc.getText("notes").insert(0, "there"));
  const { link } = await openPage(server);
  expect(read(link)).toBe("there");
  server.change((doc) => doc.getText("notes").insert(0, "comes, "));
  expect(read(link)).toBe("comes, there");
  write(link, "mine, ");
  expect(link.store.getState().isSaved).toBe(false);
  await eventually(() => expect(server.text()).toBe("mine, comes, there"));
  expect(link.store.getState().isSaved).toBe(true);
});

it("does not write out again what it opens", async () => {
  const server = new Server();
  server.change((doc) => doc.getText("notes").insert(0, "there"));
  const { link } = server.page();
  const emit = vi.spyOn(link.doc, "emit");
  const updates = () => emit.mock.calls.filter(([name]) => name === "update").length;
  link.open();
  await eventually(() => expect(read(link)).toBe("there"));
  expect(updates()).toBe(0);
  write(link, "mine, ");
  expect(updates()).toBe(1);
  await eventually(() => expect(server.text()).toBe("mine, there"));
});

it("puts together what is written within a moment", async () => {
  const server = new Server();
  const { link } = await openPage(server);
  for (const letter of "abcdef") write(link, letter);
  await eventually(() => expect(server.updates).toHaveLength(1));
  expect(server.text()).toBe("fedcba");
});

it("does not tell back what it was told", async () => {
  const server = new Server();
  await openPage(server);
  server.change((doc) => doc.getText("notes").insert(0, "theirs"));
  await eventually(() => expect(server.updates).toHaveLength(1));
});

it("opens again when something in between was not told", async () => {
  const server = new Server();
  const { link } = await openPage(server);
  server.change((doc) => doc.getText("notes").insert(0, "missed, "), false);
  server.change((doc) => doc.getText("notes").insert(0, "heard, "));
  await eventually(() => expect(read(link)).toBe("heard, missed, "));
  expect(server.opened).toBe(2);
});

it("reads for itself what is too large to be told", async () => {
  const server = new Server();
  server.partBytes = 50;
  const { link } = await openPage(server);
  const notice = server.change((doc) => doc.getText("notes").insert(0, "x".repeat(5_000)), false);
  link.onUpdated({ ...notice, update: null });
  await eventually(() => expect(read(link)).toHaveLength(5_000));
});

it.each([1, 4])("opens again when the rest of the answer is lost, %i times", async (times) => {
  const server = new Server();
  server.partBytes = 50;
  server.lostPassages = times;
  server.change((doc) => doc.getText("notes").insert(0, "x".repeat(50_000)));
  const { link } = server.page();
  link.open();
  await eventually(() => {
    expect(link.store.getState().phase.kind).not.toBe("failed");
    expect(read(link)).toHaveLength(50_000);
  });
  expect(server.opened).toBe(times + 1);
});

it("takes what is told while it is being opened", async () => {
  const server = new Server();
  const { link } = server.page();
  link.open();
  server.change((doc) => doc.getText("notes").insert(0, "early"));
  await eventually(() => expect(read(link)).toBe("early"));
});

it("merges what was written without a connection", async () => {
  const server = new Server();
  const { link, requests } = await openPage(server);
  requests.pause();
  server.isLosing = true;
  write(link, "offline, ");
  server.change((doc) => doc.getText("notes").insert(0, "meanwhile, "), false);
  await eventually(() => expect(link.store.getState().isSaved).toBe(false));
  server.isLosing = false;
  requests.open();
  link.open();
  await eventually(() => expect(link.store.getState().isSaved).toBe(true));
  expect(read(link)).toBe(server.text());
  expect(server.text()).toContain("offline, ");
  expect(server.text()).toContain("meanwhile, ");
});

it("tries again what could not be kept, and says so meanwhile", async () => {
  const server = new Server();
  const { link } = await openPage(server);
  server.refusal = "document_locked";
  write(link, "kept later");
  await eventually(() =>
    expect(link.store.getState()).toMatchObject({ isSaved: false, trouble: { code: "document_locked" } }),
  );
  server.refusal = null;
  await eventually(() => expect(server.text()).toBe("kept later"));
  expect(link.store.getState()).toMatchObject({ isSaved: true, trouble: null });
});

it("writes under another number what it has written under somebody else's", async () => {
  const server = new Server();
  server.change((doc) => doc.getText("notes").insert(0, "theirs"));
  const { link } = await openPage(server);
  const { doc } = link;
  // Somebody has seen the number before anything was written under it.
  server.taken.add(doc.clientID);
  write(link, "one, ");
  link.doc.getText("notes").insert(3, " and two");
  link.doc.getText("notes").delete(link.doc.getText("notes").length - 1, 1);
  link.doc.getMap("elements").set("list", [1]);
  await eventually(() => expect(server.text()).toBe("one and two, their"));
  expect(server.doc.getMap("elements").get("list")).toEqual([1]);
  expect(link.doc).not.toBe(doc);
  expect(read(link)).toBe(server.text());
  expect(link.store.getState()).toMatchObject({ isSaved: true, trouble: null, epoch: 1 });
  write(link, "more, ");
  await eventually(() => expect(server.text()).toBe("more, one and two, their"));
});

it("takes another number when somebody else has written under its own in the meantime", async () => {
  const server = new Server();
  const { link } = await openPage(server);
  const number = link.doc.clientID;
  write(link, "mine");
  server.taken.add(number);
  const thief = Object.assign(new Doc(), { clientID: number });
  thief.getText("notes").insert(0, "a thief's");
  server.change((doc) => applyUpdate(doc, encodeStateAsUpdate(thief)));
  await eventually(() => {
    expect(read(link)).toBe(server.text());
    expect(server.text()).toContain("mine");
    expect(server.text()).toContain("a thief's");
  });
  expect(link.doc.clientID).not.toBe(number);
});

it("gives up what it may not write under any number", async () => {
  const server = new Server();
  const { link } = await openPage(server);
  server.refusal = "forbidden";
  write(link, "not mine to write");
  await eventually(() => expect(link.store.getState().trouble).toMatchObject({ code: "forbidden" }));
  await pass(20_000);
  await eventually(() => expect(link.store.getState()).toMatchObject({ isSaved: true, epoch: 1 }));
  expect(read(link)).toBe("");
  expect(server.opened).toBeLessThan(5);
});

it("goes on from what is kept when a change is refused for good, and says so until the next one is kept", async () => {
  const server = new Server();
  const { link } = await openPage(server);
  write(link, "kept");
  await eventually(() => expect(server.text()).toBe("kept"));
  server.refusal = "bad_request";
  write(link, "refused, ");
  await eventually(() => expect(link.store.getState().epoch).toBe(0));
  await eventually(() =>
    expect(link.store.getState().phase.kind === "open" && link.store.getState().epoch).toBe(1),
  );
  expect(read(link)).toBe("kept");
  expect(link.store.getState()).toMatchObject({ isSaved: true, trouble: { code: "bad_request" } });
  server.refusal = null;
  write(link, "goes on, ");
  await eventually(() => expect(server.text()).toBe("goes on, kept"));
  expect(link.store.getState()).toMatchObject({ isSaved: true, trouble: null });
});

it("sends a long change in parts, and what is written meanwhile after it", async () => {
  const server = new Server();
  const { link } = await openPage(server);
  write(link, "x".repeat(120_000));
  await vi.advanceTimersByTimeAsync(40);
  write(link, "more");
  await eventually(() => expect(server.text()).toBe(`more${"x".repeat(120_000)}`));
  expect(link.store.getState().isSaved).toBe(true);
});

it.each([
  ["of a part", ["lost", "lost"]],
  ["of the last part", [null, null, "lost"]],
])("sends again when the answer %s is lost, and nothing is there twice", async (_which, parts) => {
  const server = new Server();
  const { link } = await openPage(server);
  server.parts = parts;
  write(link, "x".repeat(120_000));
  await eventually(() => expect(link.store.getState().isSaved).toBe(true));
  expect(server.text()).toBe("x".repeat(120_000));
  expect(server.opened).toBe(1);
});

it("sends the last part again when it could not be kept just now", async () => {
  const server = new Server();
  const { link } = await openPage(server);
  server.parts = [null, null, "unavailable", "too_many"];
  write(link, "x".repeat(120_000));
  await eventually(() => expect(server.text()).toBe("x".repeat(120_000)));
  expect(server.partsSent).toBe(5);
  expect(server.opened).toBe(1);
});

it("sends all of it again when the server has not what came before a part", async () => {
  const server = new Server();
  const { link } = await openPage(server);
  server.parts = [null, null, "forgotten"];
  write(link, "x".repeat(120_000));
  await eventually(() => expect(server.text()).toBe("x".repeat(120_000)));
  expect(server.opened).toBe(2);
  expect(link.store.getState()).toMatchObject({ isSaved: true, trouble: null });
});

it("gives up a change in parts only when it is refused again", async () => {
  const server = new Server();
  const { link } = await openPage(server);
  server.parts = [null, null, "bad_request"];
  write(link, "x".repeat(120_000));
  await eventually(() => expect(server.text()).toBe("x".repeat(120_000)));
  expect(link.store.getState()).toMatchObject({ isSaved: true, trouble: null, epoch: 1 });
  server.parts = [null, null, "bad_request", null, null, "bad_request"];
  write(link, "y".repeat(120_000));
  await eventually(() => expect(link.store.getState().trouble).toMatchObject({ code: "bad_request" }));
  await eventually(() => expect(link.store.getState()).toMatchObject({ isSaved: true, epoch: 1 }));
  expect(read(link)).toBe("x".repeat(120_000));
});

it("has kept what is more than the server takes in at once", async () => {
  const server = new Server();
  const { link } = await openPage(server);
  const strokes = link.doc.getMap<YArray<number>>("points");
  link.doc.transact(() => {
    for (let stroke = 0; stroke < 3_000; stroke++)
      strokes.set(`stroke ${stroke}`, YArray.from(Array.from({ length: 500 }, (_, at) => at * 64.5)));
  });
  expect(encodeStateAsUpdate(link.doc).length).toBeGreaterThan(MAX_UPLOAD_BYTES);
  await eventually(() => expect(link.store.getState()).toMatchObject({ isSaved: true, trouble: null }));
  expect(server.doc.getMap("points").size).toBe(3_000);
  expect(server.opened).toBe(1);
});

it("gives up what is too long to be sent, and says so", async () => {
  const server = new Server();
  const { link } = await openPage(server);
  write(link, "kept");
  await eventually(() => expect(server.text()).toBe("kept"));
  write(link, "x".repeat(MAX_UPLOAD_BYTES));
  await eventually(() => expect(link.store.getState().trouble).toMatchObject({ code: "too_large" }));
  await eventually(() => expect(link.store.getState()).toMatchObject({ isSaved: true, epoch: 1 }));
  expect(read(link)).toBe("kept");
});

it("is not saved while something is to be written under another number", async () => {
  const server = new Server();
  const { link, requests } = await openPage(server);
  const { doc } = link;
  server.taken.add(doc.clientID);
  write(link, "mine");
  await eventually(() => expect(link.doc).not.toBe(doc));
  requests.pause();
  server.isLosing = true;
  expect(link.store.getState().isSaved).toBe(false);
  await pass(60_000);
  expect(link.store.getState().isSaved).toBe(false);
  server.isLosing = false;
  requests.open();
  link.open();
  await eventually(() => expect(server.text()).toBe("mine"));
  await eventually(() => expect(link.store.getState()).toMatchObject({ isSaved: true, trouble: null }));
});

it("asks for the last change when it may not have been told", async () => {
  const server = new Server();
  const { link } = await openPage(server);
  server.change((doc) => doc.getText("notes").insert(0, "missed"), false);
  link.catchUp();
  await eventually(() => expect(read(link)).toBe("missed"));
  expect(link.store.getState().isSaved).toBe(true);
});

it("reads a long answer to its end before it asks for what was not told meanwhile", async () => {
  const server = new Server();
  server.partBytes = 50;
  server.change((doc) => doc.getText("notes").insert(0, "x".repeat(5_000)));
  const { link } = server.page();
  link.open();
  await Promise.resolve();
  server.change((doc) => doc.getText("notes").insert(0, "missed, "), false);
  for (let time = 0; time < 3; time++) link.catchUp();
  await eventually(() => expect(read(link)).toMatch(/^missed, x/));
  expect(server.opened).toBe(2);
});

it("goes on sending while it asks for what was not told", async () => {
  const server = new Server();
  const { link } = await openPage(server);
  server.parts = [null, "unavailable"];
  write(link, "x".repeat(120_000));
  await pass(40);
  server.change((doc) => doc.getText("notes").insert(0, "missed, "), false);
  link.catchUp();
  await eventually(() => expect(link.store.getState().isSaved).toBe(true));
  expect(server.partsSent).toBe(4);
  await eventually(() => expect(read(link).length).toBe(120_008));
  expect(read(link) === server.text()).toBe(true);
});

it("begins anew when the document does", async () => {
  const server = new Server();
  server.change((doc) => doc.getText("notes").insert(0, "before"));
  const { link } = await openPage(server);
  const { doc } = link;
  server.doc = new Doc();
  server.epoch = 2;
  server.seq = 0;
  server.change((after) => after.getText("notes").insert(0, "after"));
  await eventually(() => expect(link.doc).not.toBe(doc));
  expect(link.store.getState().epoch).toBe(2);
  expect(read(link)).toBe("after");
  write(link, "goes on, ");
  await eventually(() => expect(server.text()).toBe("goes on, after"));
});

it("says why a document cannot be had", async () => {
  const requests = new Requester({
    send: async () => ({ error: { code: "document_broken", text: "" } }),
    tell: () => undefined,
  });
  requests.open();
  const link = new DocumentLink({ documentId: ID, requests, passages: new Passages(requests), resolve });
  link.open();
  await eventually(() =>
    expect(link.store.getState().phase).toMatchObject({
      kind: "failed",
      problem: { code: "document_broken" },
    }),
  );
});

it("tells where one is, and shows the others as the server names them", async () => {
  const server = new Server();
  const { link } = await openPage(server);
  link.awareness.setLocalStateField("cursor", { x: 1 });
  await pass(500);
  const [said] = server.told.filter(({ name }) => name === "document_presence");
  expect(said).toMatchObject({ client: link.awareness.clientID });
  const state = new TextEncoder().encode(
    JSON.stringify({ clock: 3, state: { cursor: { x: 2 }, user: { participantId: "ana", name: "Forged" } } }),
  );
  const presences = [{ participant_id: "ben", client: 77, state }];
  link.onPresences({ type: "document_presence", document_id: ID, presences });
  expect(link.awareness.getStates().get(77)).toEqual({ cursor: { x: 2 }, user: resolve("ben") });
  link.onPresences({
    type: "document_presence",
    document_id: ID,
    presences: [{ ...presences[0], state: null }] as never,
  });
  expect(link.awareness.getStates().has(77)).toBe(false);
});

it("is not disturbed by presences that make no sense", async () => {
  const server = new Server();
  const { link } = await openPage(server);
  const junk = ["", "null", "[]", "{", '{"clock":-1,"state":{}}', '{"clock":1,"state":null}', "\ud800"];
  const presences = junk.map((text, client) => ({
    participant_id: "ben",
    client,
    state: new TextEncoder().encode(text),
  }));
  link.onPresences({ type: "document_presence", document_id: ID, presences });
  expect([...link.awareness.getStates().keys()]).toEqual([link.awareness.clientID]);
});

it("comes to the same whatever the order of two pages' changes and losses", async () => {
  const server = new Server();
  const pages = [await openPage(server), await openPage(server)];
  let seed = 7;
  const random = (most: number) => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % most;
  };
  const lost = new Set<number>();
  const toggleLine = (which: number) => {
    const page = pages[which];
    if (lost.delete(which)) {
      page?.requests.open();
      page?.link.open();
    } else {
      lost.add(which);
      page?.requests.pause();
    }
    server.links = new Set(pages.filter((_, index) => !lost.has(index)).map(({ link }) => link));
  };
  for (let round = 0; round < 60; round++) {
    const which = random(2);
    const text = pages[which]?.link.doc.getText("notes");
    if (text === undefined) continue;
    if (random(3) === 0 && text.length > 2) text.delete(random(text.length - 1), 1);
    else text.insert(random(text.length + 1), String.fromCharCode(97 + random(26)));
    if (random(4) === 0) toggleLine(which);
    await pass(random(100));
  }
  for (const which of [...lost]) toggleLine(which);
  await eventually(() => {
    expect(pages.map(({ link }) => read(link))).toEqual([server.text(), server.text()]);
    expect(pages.map(({ link }) => link.store.getState().isSaved)).toEqual([true, true]);
  });
  expect(server.text().length).toBeGreaterThan(5);
});

it("goes on when an editor fails at what it is told", async () => {
  const reported = vi.fn();
  vi.stubGlobal("reportError", reported);
  const server = new Server();
  const { link } = await openPage(server);
  link.doc.getText("notes").observe(() => {
    throw new Error("an editor's");
  });
  server.change((doc) => doc.getText("notes").insert(0, "one, "));
  server.change((doc) => doc.getText("notes").insert(0, "two, "));
  expect(read(link)).toBe("two, one, ");
  expect(reported).toHaveBeenCalledTimes(2);
  expect(server.opened).toBe(1);
  vi.unstubAllGlobals();
});
