import { expect, it } from "vitest";
import { VISIT_MS, VisitMemory } from "../../src/state/visit";
import { fakeMemory, fakeStore } from "../support/memory";

const visit = { personId: "person_ana", isMicrophoneOn: false, isCameraOn: true, isChatOpen: true };

function setUp() {
  const store = fakeStore();
  const clock = { now: 1_000_000 };
  const open = () => new VisitMemory(fakeMemory(store), "lounge", () => clock.now);
  return { store, clock, open };
}

it("brings a reload back with what was switched on", () => {
  const { open, clock } = setUp();
  open().remember(visit);
  clock.now += VISIT_MS - 1;
  expect(open().recall()).toEqual(visit);
});

it("is over after a while, and at once when left on purpose", () => {
  const { open, clock } = setUp();
  open().remember(visit);
  clock.now += VISIT_MS + 1;
  expect(open().recall()).toBeNull();
  open().remember(visit);
  open().forget();
  expect(open().recall()).toBeNull();
});

it("says whose visit it was, and makes nothing of one that does not", () => {
  const { open, store, clock } = setUp();
  open().remember(visit);
  expect(open().recall()?.personId).toBe("person_ana");
  store.setItem("roundup.visit.lounge", JSON.stringify({ ...visit, personId: undefined, at: clock.now }));
  expect(open().recall()).toBeNull();
});

it.each(["null", "7", '"x"', "{}", '{"at":"soon"}', '{"at":9e15}', "not json"])(
  "makes nothing of %s",
  (text) => {
    const { open, store } = setUp();
    store.setItem("roundup.visit.lounge", text);
    expect(open().recall()).toBeNull();
  },
);
