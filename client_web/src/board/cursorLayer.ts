/**
 * The others' pointers over the board, each in its person's colour: Excalidraw's own have colours of its making. Where
 * somebody points at what one does not see just now, the pointer stands at the edge.
 */

import classes from "./CursorLayer.module.css";
import type { Other } from "./presence";
import type { Viewport } from "./viewport";

const ARROW = "M1 1 L1 17 L5.5 13 L8.5 19.5 L11.5 18 L8.5 12 L14 11.5 Z";
/** How much of a pointer is still seen at the edge, pixels. */
const EDGE = 16;

interface Mark {
  element: HTMLElement;
  name: HTMLElement;
}

export class CursorLayer {
  readonly #host: HTMLElement;
  readonly #marks = new Map<number, Mark>();

  constructor(host: HTMLElement) {
    this.#host = host;
  }

  draw(present: readonly Other[], viewport: Viewport, colourOf: (personId: string) => number): void {
    const shown = new Set<number>();
    for (const { clientId, personId, name, pointer } of present) {
      if (pointer === null) continue;
      shown.add(clientId);
      const mark = this.#marks.get(clientId) ?? this.#add(clientId);
      const at = placeOf(pointer, viewport);
      mark.element.style.transform = `translate(${at.x}px, ${at.y}px)`;
      mark.element.dataset.colour = String(colourOf(personId));
      mark.element.toggleAttribute("data-outside", at.isOutside);
      if (mark.name.textContent !== name) mark.name.textContent = name;
    }
    for (const [clientId, { element }] of this.#marks) {
      if (shown.has(clientId)) continue;
      element.remove();
      this.#marks.delete(clientId);
    }
  }

  #add(clientId: number): Mark {
    const element = document.createElement("div");
    element.className = classes.cursor ?? "";
    const arrow = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    path.setAttribute("d", ARROW);
    arrow.append(path);
    const name = document.createElement("span");
    name.className = classes.name ?? "";
    element.append(arrow, name);
    this.#host.append(element);
    const mark = { element, name };
    this.#marks.set(clientId, mark);
    return mark;
  }
}

/** Return where a pointer is to be drawn, in pixels from the board's upper left corner. */
export function placeOf(pointer: { x: number; y: number }, viewport: Viewport) {
  const { scrollX, scrollY, zoom, width, height } = viewport;
  const [exactX, exactY] = [(pointer.x + scrollX) * zoom, (pointer.y + scrollY) * zoom];
  const x = Math.round(Math.min(Math.max(exactX, 0), Math.max(0, width - EDGE)));
  const y = Math.round(Math.min(Math.max(exactY, 0), Math.max(0, height - EDGE)));
  const isOutside = exactX < 0 || exactX > width || exactY < 0 || exactY > height;
  return { x, y, isOutside };
}
