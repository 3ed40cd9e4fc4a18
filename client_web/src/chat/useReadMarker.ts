/** Marks as read what is on show, and only that: the newest message in sight, on a page that is looked at. */

import { useEffect, useSyncExternalStore } from "react";
import { useRoom, useSession } from "../session/sessionContext";
import { newestId } from "../state/chatLog";

/** A glance; also keeps a lively chat from a request for each message. */
const GLANCE_MS = 500;

export function useReadMarker(isAtEnd: boolean): void {
  const session = useSession();
  const newest = useRoom(({ chat }) => newestId(chat));
  const isLookedAt = useSyncExternalStore(subscribeToVisibility, isVisible);
  const isSeen = isAtEnd && isLookedAt;
  useEffect(() => {
    if (newest === 0) return;
    if (!isSeen) return session.chat.markNew();
    const timer = setTimeout(() => session.chat.markRead(), GLANCE_MS);
    return () => clearTimeout(timer);
  }, [session, newest, isSeen]);
}

const isVisible = (): boolean => document.visibilityState === "visible";

function subscribeToVisibility(onChange: () => void): () => void {
  document.addEventListener("visibilitychange", onChange);
  return () => document.removeEventListener("visibilitychange", onChange);
}
