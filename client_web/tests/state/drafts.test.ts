import { expect, it } from "vitest";
import { Draft } from "../../src/state/drafts";
import { fakeMemory, fakeStore } from "../support/memory";

it("is there again after a reload, per room", () => {
  const store = fakeStore();
  new Draft(fakeMemory(store), "lounge").write("half a thought");
  expect(new Draft(fakeMemory(store), "lounge").read()).toBe("half a thought");
  expect(new Draft(fakeMemory(store), "stage").read()).toBe("");
});

it("leaves nothing behind once it was sent", () => {
  const store = fakeStore();
  const draft = new Draft(fakeMemory(store), "lounge");
  draft.write("x");
  draft.write("");
  expect(store.values.size).toBe(0);
});
