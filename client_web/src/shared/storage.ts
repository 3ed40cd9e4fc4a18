/**
 * What a browser remembers. Storage can be full, switched off, or hold what somebody else wrote: none of that may
 * stop anybody from joining, so that reads fall back and writes fail silently.
 */

const PREFIX = "roundup.";

export interface KeyValueStore {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

export class Memory {
  readonly #store: () => KeyValueStore;

  /** `store` is asked for at every use: the mere access to `localStorage` throws where storage is blocked. */
  constructor(store: () => KeyValueStore) {
    this.#store = store;
  }

  /** Return what was remembered under `key`, or `null`. The caller checks the shape. */
  recall(key: string): unknown {
    try {
      const text = this.#store().getItem(PREFIX + key);
      return text === null ? null : JSON.parse(text);
    } catch {
      return null;
    }
  }

  remember(key: string, value: unknown): void {
    try {
      this.#store().setItem(PREFIX + key, JSON.stringify(value));
    } catch {
      // Nothing depends on it but comfort.
    }
  }

  forget(key: string): void {
    try {
      this.#store().removeItem(PREFIX + key);
    } catch {
      // As above.
    }
  }
}

/** Remembered on this device, for every later visit. */
export const onThisDevice = (): Memory => new Memory(() => localStorage);

/** Remembered in this tab, over reloads. */
export const inThisTab = (): Memory => new Memory(() => sessionStorage);
