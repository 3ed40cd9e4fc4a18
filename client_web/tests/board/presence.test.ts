import { beforeEach, describe, expect, it } from "vitest";
import { Awareness, applyAwarenessUpdate, encodeAwarenessUpdate } from "y-protocols/awareness";
import * as Y from "yjs";
import {
  DEED_EACH_MS,
  DEED_MS,
  Deeds,
  type Other,
  others,
  Presence,
  presenterIn,
  TELL_MS,
} from "../../src/board/presence";
import { Clock } from "../support/boardScene";

const ANA = { participantId: "p-1", personId: "ana", name: "Ana" };
const pointer = { x: 10.4, y: -3, tool: "laser", isDown: true } as const;

let clock: Clock;
let awareness: Awareness;
let other: Awareness;
let sent: number[];
let presence: Presence;

beforeEach(() => {
  clock = new Clock();
  [awareness, other] = [new Awareness(new Y.Doc()), new Awareness(new Y.Doc())];
  sent = [];
  awareness.setLocalState(null);
  awareness.on("update", () => {
    const update = encodeAwarenessUpdate(awareness, [awareness.clientID]);
    sent.push(update.length);
    applyAwarenessUpdate(other, update, "line");
    // Who it is says the server.
    const state = other.getStates().get(awareness.clientID);
    if (state !== undefined) state.user ??= ANA;
  });
  presence = new Presence(awareness, clock.later);
  return () => {
    awareness.destroy();
    other.destroy();
  };
});

describe("what one tells", () => {
  it("reaches the others", () => {
    presence.setSilent(false);
    presence.point(pointer);
    presence.show([0, 0, 800.2, 600]);
    clock.pass(TELL_MS);
    const clientId = awareness.clientID;
    expect(others(other)).toEqual([
      { ...ANA, clientId, pointer: { ...pointer, x: 10 }, view: [0, 0, 800, 600], deed: null },
    ]);
    expect(others(awareness)).toEqual([]);
  });

  it("is said some 15 times a second, however fast one moves", () => {
    presence.setSilent(false);
    sent.length = 0;
    for (let at = 0; at < 1_000; at += 5) {
      presence.point({ ...pointer, x: at });
      clock.pass(5);
    }
    expect(sent.length).toBeGreaterThan(10);
    expect(sent.length).toBeLessThan(17);
  });

  it("is said once while nothing changes", () => {
    presence.setSilent(false);
    for (let times = 0; times < 20; times += 1) {
      presence.point(pointer);
      presence.show([0, 0, 800 + times / 100, 600]);
      clock.pass(TELL_MS);
    }
    expect(sent).toHaveLength(2);
  });

  it("is nothing while one may only look", () => {
    presence.setSilent(true);
    presence.point(pointer);
    presence.show([0, 0, 1, 1]);
    clock.pass(1_000);
    expect(sent).toEqual([]);
  });

  it("ends when one may only look from now on, and when the page goes", () => {
    presence.setSilent(false);
    expect(others(other)).toHaveLength(1);
    presence.setSilent(true);
    expect(others(other)).toEqual([]);
    presence.setSilent(false);
    presence.point(pointer);
    presence.close();
    clock.pass(1_000);
    expect(others(other)).toEqual([]);
  });

  it("says what one has done, for a while, and no longer than one is there", () => {
    presence.setSilent(false);
    presence.tell({ id: "d-1", kind: "cleared" });
    clock.pass(TELL_MS);
    expect(others(other)).toMatchObject([{ name: "Ana", deed: { id: "d-1", kind: "cleared" } }]);
    clock.pass(DEED_MS - 1_000);
    presence.tell({ id: "d-2", kind: "broughtBack" });
    clock.pass(2_000);
    expect(others(other)).toMatchObject([{ deed: { id: "d-2", kind: "broughtBack" } }]);
    clock.pass(DEED_MS);
    expect(others(other)).toMatchObject([{ deed: null }]);
    presence.tell({ id: "d-3", kind: "cleared" });
    presence.close();
    presence.setSilent(false);
    clock.pass(TELL_MS);
    expect(others(other)).toMatchObject([{ deed: null }]);
  });

  it("stays far below 4 KB", () => {
    presence.setSilent(false);
    presence.tell({ id: "d".repeat(36), kind: "broughtBack" });
    presence.point({ ...pointer, x: 123_456.789 });
    presence.show([-123_456, -123_456, 123_456, 123_456]);
    clock.pass(TELL_MS);
    expect(Math.max(...sent)).toBeLessThan(600);
  });
});

describe("who presents", () => {
  it("is known once they tell what they see, in a crowd too", () => {
    presence.setSilent(false);
    expect(presenterIn(other, ANA.participantId)).toBeNull();
    presence.show([0, 0, 800, 600]);
    clock.pass(TELL_MS);
    const crowd = other.getStates();
    crowd.delete(awareness.clientID);
    const last = awareness.getLocalState();
    for (let at = 0; at < 300; at += 1)
      crowd.set(-at, { user: { participantId: `q${at}`, personId: `q${at}`, name: "Q" } });
    if (last !== null) crowd.set(awareness.clientID, { ...last, user: ANA });
    expect(presenterIn(other, ANA.participantId)?.view).toEqual([0, 0, 800, 600]);
    expect(presenterIn(other, "nobody")).toBeNull();
    expect(presenterIn(other, null)).toBeNull();
    expect(others(other)).toHaveLength(100);
  });
});

describe("what others tell", () => {
  const heard = (state: Record<string, unknown>) => {
    awareness.setLocalState(state);
    return others(other);
  };

  it("is left out without a name and an id", () => {
    for (const user of [7, "Ana"]) expect(heard({ user })).toEqual([]);
    for (const name of [undefined, 7, "x".repeat(200)]) {
      expect(heard({ user: { ...ANA, name } })).toEqual([]);
    }
    expect(heard({ user: { ...ANA, participantId: "<b>" } })).toEqual([]);
    expect(heard({ user: { ...ANA, personId: 7 } })).toEqual([]);
    expect(heard({ user: ANA })).toHaveLength(1);
  });

  it("is never of somebody else: who it is says the server", () => {
    const claimed = { participant_id: "p-2", participantId: "p-2", name: "Ben", view: [0, 0, 800, 600] };
    expect(heard({ user: ANA, ...claimed })).toMatchObject([ANA]);
    expect(presenterIn(other, "p-2")).toBeNull();
    expect(presenterIn(other, "p-1")).toMatchObject(ANA);
  });

  it("has no pointer, view or deed that is none", () => {
    const odd = { pointer: { x: 1e308, y: 0 }, view: [1, 2], deed: { id: "<b>", kind: "cleared" } };
    expect(heard({ user: ANA, ...odd })).toMatchObject([{ pointer: null, view: null, deed: null }]);
    expect(heard({ user: ANA, deed: { id: "d", kind: "burnt" } })).toMatchObject([{ deed: null }]);
    expect(heard({ user: ANA, pointer: { x: 1, y: 2, tool: "x" } })).toMatchObject([
      { pointer: { x: 1, y: 2, tool: "pointer", isDown: false } },
    ]);
  });
});

describe("what others have done", () => {
  const cleared = (id: string, person = ANA): Other => ({
    ...{ ...person, clientId: 1, pointer: null, view: null },
    deed: { id, kind: "cleared" },
  });
  const ids = (news: { deed: { id: string } }[]) => news.map(({ deed }) => deed.id);

  it("is heard once, without what was told before one came", () => {
    const deeds = new Deeds([cleared("before")]);
    expect(deeds.news([cleared("before")], 0)).toEqual([]);
    expect(deeds.news([cleared("d1")], 1)).toEqual([{ deed: { id: "d1", kind: "cleared" }, name: "Ana" }]);
    expect(deeds.news([cleared("d1")], DEED_EACH_MS + 2)).toEqual([]);
  });

  it("is heard of each person once in a while, however often they tell something new", () => {
    const deeds = new Deeds([]);
    const heard = Array.from({ length: 100 }, (_, at) => deeds.news([cleared(`d${at}`)], at * 100)).flat();
    expect(ids(heard)).toEqual(["d0", "d50"]);
    expect(ids(deeds.news([cleared("ben's", { ...ANA, personId: "ben" })], 9_901))).toEqual(["ben's"]);
  });

  it("is heard later where somebody does two things one after the other", () => {
    const deeds = new Deeds([]);
    expect(ids(deeds.news([cleared("d1")], 0))).toEqual(["d1"]);
    expect(deeds.news([cleared("d2")], 2_000)).toEqual([]);
    expect(ids(deeds.news([cleared("d2")], DEED_EACH_MS))).toEqual(["d2"]);
  });
});
