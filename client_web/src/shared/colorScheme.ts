/** Remembers light or dark where `index.html` looks before anything is painted. */

import type { MantineColorScheme, MantineColorSchemeManager } from "@mantine/core";

const KEY = "roundup.scheme";

const isScheme = (value: unknown): value is MantineColorScheme =>
  value === "auto" || value === "light" || value === "dark";

export function createColorSchemeManager(): MantineColorSchemeManager {
  let onStorage: ((event: StorageEvent) => void) | null = null;
  return {
    get(fallback) {
      try {
        const stored = localStorage.getItem(KEY);
        return isScheme(stored) ? stored : fallback;
      } catch {
        return fallback;
      }
    },
    set(value) {
      try {
        localStorage.setItem(KEY, value);
      } catch {
        // It holds for this page at least.
      }
    },
    /** Other tabs follow. */
    subscribe(onUpdate) {
      onStorage = ({ key, newValue }) => {
        if (key === KEY && isScheme(newValue)) onUpdate(newValue);
      };
      addEventListener("storage", onStorage);
    },
    unsubscribe() {
      if (onStorage !== null) removeEventListener("storage", onStorage);
      onStorage = null;
    },
    clear() {
      try {
        localStorage.removeItem(KEY);
      } catch {
        // Nothing was stored.
      }
    },
  };
}
