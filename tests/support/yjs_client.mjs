/**
 * A page's documents as Node has them: real Yjs over a real Socket.IO connection. Driven by JSON lines on the standard
 * input, each answered by one on the standard output; `node yjs_client.mjs NODE_MODULES`.
 */

import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { fileURLToPath, pathToFileURL } from "node:url";
import { inflateSync } from "node:zlib";

const require = createRequire(`${process.argv[2]}/`);
const Y = require("yjs");
const { io } = require("socket.io-client");
const parser = require("socket.io-msgpack-parser");
const { rolldown } = await import(pathToFileURL(require.resolve("rolldown")));

/** A module of the web client's that uses nothing of a browser's. */
async function load(name) {
  const input = fileURLToPath(new URL(`../../client_web/src/${name}.ts`, import.meta.url));
  const bundle = await rolldown({ input, external: ["yjs"] });
  const { output } = await bundle.generate({ format: "cjs" });
  const module = { exports: {} };
  new Function("require", "module", "exports", output[0].code)(require, module, module.exports);
  return module.exports;
}

const { piecesOf } = await load("documents/pieces");
const { documentOf } = await load("desk/documentOf");

const MAX_UPDATE_BYTES = 49_152;
const PIECE_BYTES = 262_144;
const NOTHING_MISSING = 2;
const FROM_THE_SERVER = Symbol("server");

const doc = new Y.Doc();
const elements = doc.getMap("elements");
const notes = doc.getXmlFragment("notes");
const undo = new Y.UndoManager([elements, notes], { captureTimeout: 0 });
let socket;
let documentId;
let epoch = 0;
let seq = 0;
let waiting = [];
let told = [];
let isOpening = false;
let earlier;

doc.on("update", (update, origin) => {
  if (origin !== FROM_THE_SERVER) waiting.push(update);
});

/** In Node, what is binary for the packets' format is a `Buffer`. */
const binary = (bytes) => Buffer.from(bytes);

async function ask(name, fields) {
  const answer = await socket.timeout(30_000).emitWithAck(name, fields);
  if (answer.error) throw new Error(answer.error.code);
  return answer.ok;
}

async function readPassage({ passage_id, data, size }) {
  let packed = Buffer.from(data);
  while (packed.length < size) {
    const more = await ask("document_more", { passage_id, offset: packed.length });
    packed = Buffer.concat([packed, Buffer.from(more.data)]);
  }
  return inflateSync(packed);
}

/** With `times`, each part so often: as when the answer to it was lost. */
async function send(update, times = 1) {
  let kept;
  for (const piece of piecesOf(update, PIECE_BYTES)) {
    for (let offset = 0; offset < piece.length; offset += MAX_UPDATE_BYTES) {
      const end = offset + MAX_UPDATE_BYTES;
      const part = { update: binary(piece.subarray(offset, end)), is_part: end < piece.length, offset };
      const asked = Array.from({ length: times }, () => untilTaken({ document_id: documentId, epoch, ...part }));
      [kept] = await Promise.all(asked);
    }
  }
  return kept.seq;
}

/** Whose changes are much work waits, as pages do. */
async function untilTaken(fields) {
  for (const deadline = Date.now() + 30_000; ; ) {
    try {
      return await ask("document_update", fields);
    } catch (error) {
      if (error.message !== "too_many" || Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

function take(notice) {
  if (isOpening || notice.document_id !== documentId || notice.seq <= seq) return;
  told.push(notice);
}

/** Everything that was told, or all anew where something is missing. */
async function catchUp() {
  const notices = told;
  told = [];
  for (const notice of notices) {
    if (notice.seq <= seq) continue;
    if (notice.seq !== seq + 1 || !notice.update) return open();
    Y.applyUpdate(doc, new Uint8Array(notice.update), FROM_THE_SERVER);
    seq = notice.seq;
  }
}

async function open() {
  const state = binary(Y.encodeStateVector(doc));
  const opened = await ask("document_open", { document_id: documentId, epoch, state });
  Y.applyUpdate(doc, await readPassage(opened.update), FROM_THE_SERVER);
  ({ epoch, seq } = opened);
  waiting = [];
  const missing = Y.encodeStateAsUpdate(doc, new Uint8Array(opened.state));
  if (missing.length > NOTHING_MISSING) await send(missing);
}

const commands = {
  async connect({ url, cookie, join }) {
    socket = io(url, { parser, transports: ["websocket"], forceNew: true, reconnection: false, extraHeaders: { Cookie: cookie } });
    socket.on("document_updated", take);
    await new Promise((resolve, reject) => socket.on("connect", resolve).on("connect_error", reject));
    await ask("room_join", join);
  },
  async open({ document_id }) {
    documentId = document_id ?? documentId;
    await open();
  },
  async save({ times }) {
    const updates = waiting;
    waiting = [];
    return updates.length === 0 ? seq : send(Y.mergeUpdates(updates), times);
  },
  async until({ seq: wanted }) {
    const deadline = Date.now() + 30_000;
    for (;;) {
      await catchUp();
      if (seq >= wanted) return;
      if (Date.now() > deadline) throw new Error(`nothing was heard of ${wanted}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  },
  async disconnect() {
    socket.disconnect();
  },
  async set({ values }) {
    doc.transact(() => {
      for (const [key, value] of Object.entries(values)) elements.set(key, value);
    });
  },
  async erase({ key }) {
    elements.delete(key);
  },
  async stroke({ key, points }) {
    const strokes = doc.getMap("points");
    doc.transact(() => {
      if (!strokes.has(key)) strokes.set(key, new Y.Array());
      strokes.get(key).push(points);
    });
  },
  async clear() {
    earlier = Y.encodeStateAsUpdate(doc);
    doc.transact(() => {
      for (const map of [elements, doc.getMap("points")]) for (const key of [...map.keys()]) map.delete(key);
    });
  },
  async bring_back() {
    const before = documentOf(earlier);
    doc.transact(() => {
      for (const [id, json] of before.getMap("elements")) elements.set(id, json);
      for (const [id, list] of before.getMap("points")) doc.getMap("points").set(id, Y.Array.from(list.toArray()));
    });
  },
  async write({ text, marks }) {
    doc.transact(() => {
      const paragraph = new Y.XmlElement("paragraph");
      paragraph.setAttribute("indent", "1");
      const words = new Y.XmlText();
      paragraph.insert(0, [words]);
      notes.push([paragraph]);
      words.insert(0, text, marks ?? {});
    });
  },
  async type({ at, remove, text }) {
    const words = notes.get(0).get(0);
    doc.transact(() => {
      if (remove) words.delete(at, remove);
      if (text) words.insert(at, text);
    });
  },
  async undo() {
    undo.undo();
  },
  async shown() {
    const strokes = doc.getMap("points").toJSON();
    return { elements: elements.toJSON(), points: strokes, notes: notes.toString() };
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { do: name, ...fields } = JSON.parse(line);
  let answer;
  try {
    answer = { ok: (await commands[name](fields)) ?? null };
  } catch (error) {
    answer = { error: String(error?.message ?? error) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
socket?.disconnect();
