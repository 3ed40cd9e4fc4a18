import { beforeEach, expect, it } from "vitest";
import * as Y from "yjs";
import { contributionsOf } from "../../src/board/contributors";

const elementsOf = (doc: Y.Doc) => doc.getMap<string>("elements");
const knownAs = (people: Record<number, string>) => ({
  personId: "ana",
  load: async () => new Map(Object.entries(people).map(([client, person]) => [Number(client), person])),
});
const noAnswer = { personId: "ana", load: () => Promise.reject(new Error("no line")) };

let ana: Y.Doc;
let bo: Y.Doc;

beforeEach(() => {
  [ana, bo] = [new Y.Doc(), new Y.Doc()];
  [ana.clientID, bo.clientID] = [1, 2];
  elementsOf(ana).set("a", "1");
});

it("knows what one has drawn oneself just now, also when the server does not answer", async () => {
  expect(await contributionsOf(ana, noAnswer)).toEqual({ things: 1, people: 1, isOwn: true });
  expect(await contributionsOf(new Y.Doc(), undefined)).toMatchObject({ things: 0 });
});

it("counts people, not their pages", async () => {
  elementsOf(bo).set("b", "1");
  Y.applyUpdate(ana, Y.encodeStateAsUpdate(bo));
  const own = await contributionsOf(ana, knownAs({ 1: "ana", 2: "ana" }));
  expect(own).toEqual({ things: 2, people: 1, isOwn: true });
  const both = await contributionsOf(ana, knownAs({ 2: "bo" }));
  expect(both).toEqual({ things: 2, people: 2, isOwn: false });
});

it("knows who has changed a thing last, and what has gone", async () => {
  Y.applyUpdate(bo, Y.encodeStateAsUpdate(ana));
  elementsOf(bo).set("a", "2");
  elementsOf(bo).set("b", "1");
  elementsOf(bo).delete("b");
  Y.applyUpdate(ana, Y.encodeStateAsUpdate(bo));
  const all = await contributionsOf(ana, knownAs({ 2: "bo" }));
  expect(all).toEqual({ things: 1, people: 1, isOwn: false });
});

it("does not take for one's own alone what others have drawn and oneself has brought back", async () => {
  const all = await contributionsOf(ana, knownAs({ 1: "ana", 2: "bo" }));
  expect(all).toEqual({ things: 1, people: 2, isOwn: false });
});

it("does not guess when the server does not say, and takes nobody new for oneself", async () => {
  Y.applyUpdate(bo, Y.encodeStateAsUpdate(ana));
  expect(await contributionsOf(bo, noAnswer)).toEqual({ things: 1, people: null, isOwn: false });
  expect(await contributionsOf(bo, knownAs({}))).toEqual({ things: 1, people: 1, isOwn: false });
});
