/** Draws the others' pointers, tells them one's own, hears what they have done, and follows who presents. */

import type { Collaborator, ExcalidrawImperativeAPI, SocketId } from "@excalidraw/excalidraw/types";
import { type RefObject, useCallback, useEffect, useMemo, useRef } from "react";
import type { Awareness } from "y-protocols/awareness";
import { useColours } from "../shared/palette";
import { CursorLayer } from "./cursorLayer";
import { later, placeOf, viewportOf } from "./editor";
import { type Deed, Deeds, type Other, others, type Pointer, Presence, presenterIn } from "./presence";
import { boundsOf, isSamePlace, isSameView, lookAt, type Viewport } from "./viewport";

interface PresenceOptions {
  api: RefObject<ExcalidrawImperativeAPI | null>;
  /** Where the pointers are drawn. */
  layer: RefObject<HTMLElement | null>;
  awareness: Awareness;
  ownId: string | null;
  isEditable: boolean;
  presenterId: string | null;
  onFollowStopped?(): void;
  /** Somebody has just done something with all of the page. Must stay the same function. */
  onDeed(deed: Deed, name: string): void;
}

/** Pointers of a whole class move at once; they are drawn together. */
const DRAW_MS = 33;

export function usePresence({
  api,
  layer,
  awareness,
  ownId,
  isEditable,
  presenterId,
  onFollowStopped,
  onDeed,
}: PresenceOptions) {
  const presence = useMemo(() => new Presence(awareness, later), [awareness]);
  const colourOf = useColours();
  const isPresenting = presenterId !== null && presenterId === ownId;
  const placed = useRef<Viewport | null>(null);

  useEffect(() => {
    presence.setSilent(!isEditable);
    return () => presence.close();
  }, [presence, isEditable]);

  useEffect(() => {
    const deeds = new Deeds(others(awareness));
    const hear = () => {
      for (const { deed, name } of deeds.news(others(awareness), performance.now())) onDeed(deed, name);
    };
    awareness.on("change", hear);
    return () => awareness.off("change", hear);
  }, [awareness, onDeed]);

  const follow = useCallback(() => {
    const editor = api.current;
    const state = editor?.getAppState();
    const presenter = presenterIn(awareness, presenterId);
    const isReady = state !== undefined && !state.isLoading && state.width > 0;
    if (!isReady || isPresenting || !presenter?.view) return;
    // What one draws or writes just now stays under one's hand.
    if (state.cursorButton === "down" || state.editingTextElement !== null) return;
    const wanted = lookAt(presenter.view, state.width, state.height);
    placed.current = wanted;
    if (isSamePlace(viewportOf(state), wanted)) return;
    editor?.updateScene({ appState: placeOf(wanted) });
  }, [api, awareness, presenterId, isPresenting]);

  const cursors = useRef<CursorLayer | null>(null);
  /** Where the pointers were drawn for. */
  const drawn = useRef<Viewport | null>(null);
  const drawCursors = useCallback(
    (viewport: Viewport) => {
      if (layer.current === null) return;
      drawn.current = viewport;
      cursors.current ??= new CursorLayer(layer.current);
      cursors.current.draw(others(awareness), viewport, colourOf);
    },
    [layer, awareness, colourOf],
  );

  useEffect(() => {
    let cancel: (() => void) | null = null;
    const draw = () => {
      cancel = null;
      const editor = api.current;
      if (editor === null) return;
      drawCursors(viewportOf(editor.getAppState()));
      const hues = getComputedStyle(document.documentElement);
      const hueOf = (personId: string) => hues.getPropertyValue(`--rp-person-${colourOf(personId)}`);
      editor.updateScene({ collaborators: collaborators(others(awareness), hueOf) });
      follow();
    };
    const drawSoon = () => {
      cancel ??= later(draw, DRAW_MS);
    };
    drawSoon();
    awareness.on("change", drawSoon);
    return () => {
      cancel?.();
      awareness.off("change", drawSoon);
    };
  }, [api, awareness, colourOf, drawCursors, follow]);

  const onView = useCallback(
    (viewport: Viewport) => {
      // The editor tells every move of one's own pen, too.
      if (drawn.current === null || !isSameView(drawn.current, viewport)) drawCursors(viewport);
      presence.show(isPresenting ? boundsOf(viewport) : null);
      const wanted = placed.current;
      if (wanted === null || isPresenting || presenterId === null) return;
      if (wanted.width !== viewport.width || wanted.height !== viewport.height) return follow();
      if (isSamePlace(wanted, viewport)) return;
      placed.current = null;
      onFollowStopped?.();
    },
    [presence, drawCursors, isPresenting, presenterId, follow, onFollowStopped],
  );

  return {
    onPointer: useCallback((pointer: Pointer | null) => presence.point(pointer), [presence]),
    /** To be told of every change of what one sees. */
    onView,
    /** Tell the others what one has done with all of the page. */
    tell: useCallback((deed: Deed) => presence.tell(deed), [presence]),
  };
}

/** What Excalidraw draws of others: the trails of their laser pointers. */
function collaborators(
  present: readonly Other[],
  hueOf: (personId: string) => string,
): Map<SocketId, Collaborator> {
  return new Map(
    present.map(({ clientId, participantId, personId, pointer }) => [
      String(clientId) as SocketId,
      {
        id: participantId,
        button: pointer?.isDown ? "down" : "up",
        // Excalidraw keeps the colour of the first pointer that it is told of: there is one from the beginning.
        pointer: {
          x: 0,
          y: 0,
          tool: "pointer",
          ...pointer,
          renderCursor: false,
          laserColor: hueOf(personId),
        },
      } satisfies Collaborator,
    ]),
  );
}
