/** Storage for tests. */

import { type KeyValueStore, Memory } from "../../src/shared/storage";

export function fakeStore(): KeyValueStore & { values: Map<string, string> } {
  const values = new Map<string, string>();
  return {
    values,
    getItem: (key) => values.get(key) ?? null,
    setItem: (key, value) => void values.set(key, value),
    removeItem: (key) => void values.delete(key),
  };
}

export const fakeMemory = (store = fakeStore()): Memory => new Memory(() => store);
