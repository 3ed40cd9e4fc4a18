/** Excalidraw as the binding sees it. */

import { CaptureUpdateAction, restoreElements } from "@excalidraw/excalidraw";
import type { OrderedExcalidrawElement } from "@excalidraw/excalidraw/element/types";
import type { AppState, ExcalidrawImperativeAPI } from "@excalidraw/excalidraw/types";
import type { Later, Scene } from "./binding";
import type { BoardElement } from "./elements";
import type { Viewport } from "./viewport";

/** Hand over elements that `readElement` and `restoreElements` have checked. */
export const toExcalidraw = (elements: readonly BoardElement[]) =>
  elements as unknown as readonly OrderedExcalidrawElement[];

export const fromExcalidraw = (elements: readonly { id: string }[]) =>
  elements as unknown as readonly BoardElement[];

/** `api` answers null until the editor is there. */
export function createScene(api: () => ExcalidrawImperativeAPI | null): Scene {
  return {
    elements: () => fromExcalidraw(api()?.getSceneElementsIncludingDeleted() ?? []),
    busy: () => {
      const state = api()?.getAppState();
      return state === undefined ? new Set() : busyIn(state);
    },
    replace: (elements) =>
      api()?.updateScene({
        elements: toExcalidraw(elements),
        captureUpdate: CaptureUpdateAction.NEVER,
      }),
    restore: restored,
  };
}

/** Return an element with all that the editor expects of one; null for what it would not draw. */
export const restored = (element: BoardElement): BoardElement | null =>
  fromExcalidraw(restoreElements(toExcalidraw([element]), null))[0] ?? null;

function busyIn(state: AppState): Set<string> {
  const single = [
    state.newElement?.id,
    state.resizingElement?.id,
    state.editingTextElement?.id,
    state.multiElement?.id,
    state.editingLinearElement?.elementId,
    state.croppingElementId,
  ];
  const isMoving = state.selectedElementsAreBeingDragged || state.isResizing || state.isRotating;
  const moved = isMoving ? Object.keys(state.selectedElementIds) : [];
  return new Set([...single, ...moved].filter((id) => typeof id === "string"));
}

export function viewportOf({ scrollX, scrollY, zoom, width, height }: AppState): Viewport {
  return { scrollX, scrollY, zoom: zoom.value, width, height };
}

/** What the editor is to be told to look there. */
export function placeOf({
  scrollX,
  scrollY,
  zoom,
}: Viewport): Pick<AppState, "scrollX" | "scrollY" | "zoom"> {
  return { scrollX, scrollY, zoom: { value: zoom as AppState["zoom"]["value"] } };
}

export const later: Later = (then, ms) => {
  const timer = setTimeout(then, ms);
  return () => clearTimeout(timer);
};
