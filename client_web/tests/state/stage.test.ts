import { describe, expect, it } from "vitest";
import {
  EMPTY_STAGE,
  keptWarm,
  largeOf,
  mainPicture,
  pageCount,
  type StageState,
  smallScreens,
  visiblePlaces,
  withCapacity,
  withDominant,
  withOthers,
  withPage,
  withPinned,
  withSpeaking,
} from "../../src/state/stage";
import { participant, producer } from "../support/room";

const people = (...ids: string[]) => ids.map((id) => participant(id));
const sharing = (id: string) => participant(id, { producers: [producer(`${id}_screen`, "screen")] });
const stage = (ids: string, capacity = 3): StageState =>
  withCapacity(withOthers(EMPTY_STAGE, people(...ids)), capacity);
const speak = (state: StageState, ...ids: string[]) => withSpeaking(state, new Set(ids));
const places = (state: StageState) => state.places.join("");
const visible = (state: StageState) => visiblePlaces(state).join("");
const camera = (participantId: string) => ({ participantId, source: "camera" as const });
const screen = (participantId: string) => ({ participantId, source: "screen" as const });

describe("places", () => {
  it("stay when others come and go", () => {
    const state = speak(stage("abcdef"), "e");
    expect(places(withOthers(state, people("f", "g", "b", "a", "e")))).toBe("abefg");
  });

  it("are seen a page at a time", () => {
    const state = stage("abcdefgh");
    expect(pageCount(state)).toBe(3);
    expect([0, 1, 2, 3, -1].map((page) => visible(withPage(state, page)))).toEqual([
      "abc",
      "def",
      "gh",
      "gh",
      "abc",
    ]);
  });

  it("of a page that is gone give way to the last page there is", () => {
    const last = withPage(stage("abcdefgh"), 2);
    expect(visible(withOthers(last, people(..."abcde")))).toBe("de");
    expect(visible(withCapacity(last, 8))).toBe("abcdefgh");
    expect(pageCount(withOthers(last, []))).toBe(1);
  });

  it("are never none on a page", () => {
    expect(withCapacity(stage("ab"), -3).capacity).toBe(1);
  });
});

describe("a speaker", () => {
  it("in view moves nobody", () => {
    expect(places(speak(stage("abcdef"), "b"))).toBe("abcdef");
  });

  it("out of view takes the last place of those who never spoke", () => {
    expect(places(speak(stage("abcdef"), "e"))).toBe("abedcf");
    expect(visible(speak(stage("abcdef"), "e"))).toBe("abe");
  });

  it("out of view takes the place of whoever has been silent the longest", () => {
    let state = stage("abcdef");
    for (const id of ["b", "c", "a"]) state = speak(speak(state, id));
    expect(visible(speak(state, "f"))).toBe("afc");
  });

  it("does not drive out somebody who speaks", () => {
    const state = speak(stage("abcdef"), "a", "c");
    expect(visible(speak(state, "a", "c", "f"))).toBe("afc");
    const all = speak(stage("abcdef"), "a", "b", "c");
    expect(visible(speak(all, "a", "b", "c", "f"))).toBe("abc");
  });

  it("does not follow somebody who turns the page, before speaking anew", () => {
    const state = withPage(speak(stage("abcdef"), "a"), 1);
    expect(visible(speak(state, "a", "d"))).toBe("def");
    expect(visible(speak(speak(state), "a"))).toContain("a");
  });

  it("changes places with one, and nobody else moves", () => {
    const state = stage("abcdefghi", 4);
    const after = speak(state, "h");
    const moved = [..."abcdefghi"].filter((id) => state.places.indexOf(id) !== after.places.indexOf(id));
    expect(moved).toEqual(["d", "h"]);
  });
});

describe("the last speakers", () => {
  it("are kept warm while they are out of sight", () => {
    let state = stage("abcdefgh", 3);
    for (const id of ["d", "e", "f", "g"]) state = speak(state, id);
    expect(state.spoken).toEqual(["g", "f", "e", "d"]);
    expect(keptWarm(state)).toEqual([]);
    expect(visible(state)).toBe("feg");
    expect(keptWarm(withPage(state, 2))).toEqual(["g", "f", "e"]);
  });

  it("are forgotten when they leave", () => {
    expect(withOthers(speak(stage("abc"), "b"), people("a", "c")).spoken).toEqual([]);
  });

  it("come first on a slow line when they talk most, unless something stands large", () => {
    expect(mainPicture(stage("ab"))).toBeNull();
    const state = withDominant(stage("ab"), "b");
    expect(mainPicture(state)).toBe("camera b");
    expect(mainPicture(speak(state, "a"))).toBe("camera b");
    expect(mainPicture(withDominant(state, "a"))).toBe("camera a");
    expect(mainPicture(withPinned(state, camera("a")))).toBe("camera a");
  });

  it("come first on a slow line also while one talks oneself", () => {
    const state = ["a", "b", "oneself", "b", "oneself"].reduce(withDominant, stage("ab"));
    expect(mainPicture(state)).toBe("camera b");
    expect(mainPicture(withOthers(state, people("a")))).toBeNull();
  });

  it("come first on a slow line although they were known before the others were", () => {
    expect(mainPicture(withOthers(withDominant(EMPTY_STAGE, "b"), people("a", "b")))).toBe("camera b");
  });
});

describe("large", () => {
  it("stands the screen that was shared last", () => {
    let state = withOthers(EMPTY_STAGE, [sharing("b"), ...people("a")]);
    expect(largeOf(state)).toEqual(screen("b"));
    state = withOthers(state, [sharing("a"), sharing("b")]);
    expect(largeOf(state)).toEqual(screen("a"));
    expect(smallScreens(state)).toEqual(["b"]);
    expect(largeOf(withOthers(state, [sharing("b"), ...people("a")]))).toEqual(screen("b"));
    expect(largeOf(withOthers(state, people("a", "b")))).toBeNull();
  });

  it("stands what was pinned, whatever is shared", () => {
    const state = withPinned(stage("abcd"), camera("b"));
    expect(visible(state)).toBe("acd");
    const shared = withOthers(state, [sharing("a"), ...people("b", "c", "d")]);
    expect(largeOf(shared)).toEqual(camera("b"));
    expect(smallScreens(shared)).toEqual(["a"]);
    expect(largeOf(withPinned(shared, null))).toEqual(screen("a"));
    expect(visible(withPinned(shared, null))).toBe("abc");
  });

  it("stands nobody who has left, and no screen that is not shared any more", () => {
    const pinned = withPinned(stage("abc"), camera("b"));
    expect(largeOf(withOthers(pinned, people("a", "c")))).toBeNull();
    const shared = withPinned(withOthers(EMPTY_STAGE, [sharing("a"), sharing("b")]), screen("a"));
    expect(largeOf(shared)).toEqual(screen("a"));
    expect(largeOf(withOthers(shared, [sharing("b"), ...people("a")]))).toEqual(screen("b"));
  });

  it("stands a speaker without a place of the page", () => {
    const state = withPinned(stage("abcdef"), camera("f"));
    expect(places(speak(state, "f"))).toBe("abcdef");
    expect(keptWarm(speak(state, "f"))).toEqual([]);
  });
});
