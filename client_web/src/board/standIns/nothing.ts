/** In place of a part of Excalidraw that a board does without. */

/** Callable, as some of them are. */
export default function nothing(): null {
  return null;
}
