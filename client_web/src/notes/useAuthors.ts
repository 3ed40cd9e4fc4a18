/** Who wrote what, while somebody wants to know: asks whom each client belongs to, and again when one is new. */

import type { Editor } from "@tiptap/core";
import { useCallback, useEffect, useRef, useState } from "react";
import type { Author, Authors } from "./whoWrote";

export interface AuthorsState {
  isShown: boolean;
  hasFailed: boolean;
  /** Whoever wrote something that stands there now. */
  seen: readonly Author[];
  toggle(): void;
  onSeen(authors: readonly Author[], unknown: readonly number[]): void;
}

export function useAuthors(
  editor: Editor | null,
  load: (() => Promise<Authors>) | undefined,
  self: { client: number; author: Author },
): AuthorsState {
  const [isShown, setIsShown] = useState(false);
  const [hasFailed, setHasFailed] = useState(false);
  const [seen, setSeen] = useState<readonly Author[]>([]);
  const [wanted, setWanted] = useState(0);
  const asked = useRef(new Set<number>());
  const latest = useRef({ load, self });
  latest.current = { load, self };

  // biome-ignore lint/correctness/useExhaustiveDependencies: a client that is new makes it ask again
  useEffect(() => {
    if (editor === null || !isShown) return;
    let isOver = false;
    const show = async () => {
      const { load: ask, self: own } = latest.current;
      try {
        const authors = new Map(await ask?.());
        authors.set(own.client, own.author);
        if (!isOver) editor.commands.showAuthors(authors);
      } catch {
        if (isOver) return;
        setHasFailed(true);
        setIsShown(false);
      }
    };
    void show();
    return () => {
      isOver = true;
    };
  }, [editor, isShown, wanted]);

  useEffect(() => {
    if (editor === null || isShown) return;
    asked.current.clear();
    if (!editor.isDestroyed) editor.commands.showAuthors(null);
  }, [editor, isShown]);

  const onSeen = useCallback((authors: readonly Author[], unknown: readonly number[]) => {
    setSeen((before) =>
      before.length === authors.length &&
      before.every(({ personId }, index) => personId === authors[index]?.personId)
        ? before
        : authors,
    );
    const fresh = unknown.filter((client) => !asked.current.has(client));
    for (const client of fresh) asked.current.add(client);
    if (fresh.length > 0) setWanted((count) => count + 1);
  }, []);

  const toggle = useCallback(() => {
    setHasFailed(false);
    setIsShown((before) => !before);
  }, []);

  return { isShown, hasFailed, seen, toggle, onSeen };
}
