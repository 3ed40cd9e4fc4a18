/** Where the list of messages stands: at the newest, unless somebody has scrolled up to read; never jumping. */

import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";

/** So close to the end counts as the end. */
const END_PX = 48;
/** So close to the beginning, older messages are wanted. */
const START_PX = 300;

interface ChatScrollOptions {
  /** Changes when something is added before. */
  firstKey: string;
  /** Changes when something is added after. */
  lastKey: string;
  /** Changes when this person has written something. */
  ownKey: string;
  onNearStart(): void;
}

export interface ChatScroll {
  list: RefObject<HTMLDivElement | null>;
  isAtEnd: boolean;
  onScroll(): void;
  scrollToEnd(): void;
}

export function useChatScroll({ firstKey, lastKey, ownKey, onNearStart }: ChatScrollOptions): ChatScroll {
  const list = useRef<HTMLDivElement>(null);
  const [isAtEnd, setAtEnd] = useState(true);
  const place = useRef({ isAtEnd: true, height: 0, firstKey, ownKey, hasOpened: false });

  const scrollToEnd = useCallback(() => {
    const element = list.current;
    if (element !== null) element.scrollTop = element.scrollHeight;
  }, []);

  const onScroll = useCallback(() => {
    const element = list.current;
    if (element === null) return;
    const isEnd = element.scrollHeight - element.scrollTop - element.clientHeight < END_PX;
    place.current.isAtEnd = isEnd;
    setAtEnd(isEnd);
    if (element.scrollTop < START_PX) onNearStart();
  }, [onNearStart]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: runs when what is listed has changed
  useLayoutEffect(() => {
    const element = list.current;
    if (element === null) return;
    const last = place.current;
    if (!last.hasOpened) {
      const line = element.querySelector<HTMLElement>("[data-new-line]");
      if (line === null) scrollToEnd();
      else element.scrollTop = line.offsetTop - element.clientHeight / 3;
    } else if (firstKey !== last.firstKey) {
      // What stands before has grown: what is being read stays where it is.
      element.scrollTop += element.scrollHeight - last.height;
    } else if (last.isAtEnd || ownKey !== last.ownKey) {
      scrollToEnd();
    }
    place.current = { ...last, height: element.scrollHeight, firstKey, ownKey, hasOpened: true };
    onScroll();
  }, [firstKey, lastKey, ownKey]);

  useEffect(() => {
    const element = list.current;
    if (element === null) return;
    // The keyboard of a phone, or a longer draft, makes the list shorter.
    const observer = new ResizeObserver(() => {
      if (place.current.isAtEnd) scrollToEnd();
      place.current.height = element.scrollHeight;
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [scrollToEnd]);

  return { list, isAtEnd, onScroll, scrollToEnd };
}
