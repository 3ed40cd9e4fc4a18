import { expect, it } from "vitest";
import { Memory } from "../../src/shared/storage";
import { fakeMemory, fakeStore } from "../support/memory";

it("recalls what was remembered, under its own prefix", () => {
  const store = fakeStore();
  const memory = fakeMemory(store);
  memory.remember("x", { a: 1 });
  expect(memory.recall("x")).toEqual({ a: 1 });
  expect([...store.values.keys()]).toEqual(["roundup.x"]);
  memory.forget("x");
  expect(memory.recall("x")).toBeNull();
});

it("makes nothing of what somebody else wrote", () => {
  const store = fakeStore();
  store.setItem("roundup.x", "{broken");
  expect(fakeMemory(store).recall("x")).toBeNull();
});

it("does without storage where it is blocked", () => {
  const memory = new Memory(() => {
    throw new DOMException("blocked", "SecurityError");
  });
  memory.remember("x", 1);
  memory.forget("x");
  expect(memory.recall("x")).toBeNull();
});
