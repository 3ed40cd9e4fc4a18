/** Marks as read what is on show, and only that: the newest message in sight, on a page that is looked at. */

import { useEffect, useLayoutEffect, useSyncExternalStore } from "react";
import { useRoom, useSession } from "../session/sessionContext";
import { newestId } from "../state/chatLog";

/** A glance; also keeps a lively chat from a request for each message. */
const GLANCE_MS = 500;

export function useReadMarker(isAtEnd: boolean): void {
  const session = useSession();
  const newest = useRoom(({ chat }) => newestId(chat));
  const isLookedAt = useSyncExternalStore(subscribeToVisibility, isVisible);
  const isSeen = isAtEnd && isLookedAt;
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is new and out of sight is marked as it comes
  useLayoutEffect(() => session.chat.setReading(isSeen), [session, newest, isSeen]);
  useLayoutEffect(() => () => session.chat.setReading(false), [session]);
  useEffect(() => {
    if (newest === 0 || !isSeen) return;
    const timer = setTimeout(() => session.chat.markRead(), GLANCE_MS);
    return () => clearTimeout(timer);
  }, [session, newest, isSeen]);
}

const isVisible = (): boolean => document.visibilityState === "visible";

function subscribeToVisibility(onChange: () => void): () => void {
  document.addEventListener("visibilitychange", onChange);
  return () => document.removeEventListener("visibilitychange", onChange);
}
