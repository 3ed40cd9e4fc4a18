/** A small window at a place in the text. It scrolls with the text, and stays within what can be seen of it. */

import { type ReactNode, useEffect, useLayoutEffect, useRef } from "react";
import classes from "./Popover.module.css";

interface PopoverProps {
  /** Return the place, in the coordinates of the window, or `null` when it is gone. */
  anchor(): DOMRect | null;
  label?: string;
  onClose?(): void;
  children: ReactNode;
}

const GAP = 6;
const MARGIN = 8;

export function Popover({ anchor, label, onClose, children }: PopoverProps) {
  const box = useRef<HTMLDivElement>(null);

  // After every drawing: what is in it decides its size, and what others write moves its place.
  useLayoutEffect(() => {
    const element = box.current;
    const sheet = element?.offsetParent;
    const place = anchor();
    if (!element || !sheet || place === null) return;
    const frame = sheet.getBoundingClientRect();
    const most = Math.max(MARGIN, frame.width - element.offsetWidth - MARGIN);
    const seen = visualViewport?.height ?? innerHeight;
    const isTooLow = place.bottom + GAP + element.offsetHeight > seen;
    const hasRoomAbove = place.top - GAP - element.offsetHeight > 0;
    const top = isTooLow && hasRoomAbove ? place.top - GAP - element.offsetHeight : place.bottom + GAP;
    element.style.left = `${Math.min(Math.max(MARGIN, place.left - frame.left), most)}px`;
    element.style.top = `${top - frame.top}px`;
  });

  useEffect(() => {
    if (onClose === undefined) return;
    const onPointer = ({ target }: PointerEvent) => {
      if (target instanceof Node && !box.current?.contains(target)) onClose();
    };
    addEventListener("pointerdown", onPointer, true);
    return () => removeEventListener("pointerdown", onPointer, true);
  }, [onClose]);

  return (
    // Escape is all that it listens to, whatever it holds.
    // biome-ignore lint/a11y/noStaticElementInteractions: it is a dialog, or holds a list
    // biome-ignore lint/a11y/useAriaPropsSupportedByRole: the name comes with the role
    <div
      ref={box}
      className={classes.popover}
      role={label === undefined ? undefined : "dialog"}
      aria-label={label}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || onClose === undefined) return;
        event.stopPropagation();
        onClose();
      }}
    >
      {children}
    </div>
  );
}
