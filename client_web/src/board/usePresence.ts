/** Draws the others' pointers, tells them one's own, and follows who presents. */

import type { Collaborator, ExcalidrawImperativeAPI, SocketId } from "@excalidraw/excalidraw/types";
import { type RefObject, useCallback, useEffect, useMemo, useRef, useState } from "react";
import type { Awareness } from "y-protocols/awareness";
import { useColours } from "../shared/palette";
import { CursorLayer } from "./cursorLayer";
import { later, viewportOf } from "./editor";
import { type Other, others, type Pointer, Presence, presenterIn } from "./presence";
import { boundsOf, isSamePlace, lookAt, type Viewport } from "./viewport";

interface PresenceOptions {
  api: RefObject<ExcalidrawImperativeAPI | null>;
  /** Where the pointers are drawn. */
  layer: RefObject<HTMLElement | null>;
  awareness: Awareness;
  ownId: string | null;
  isEditable: boolean;
  presenterId: string | null;
  onFollowStopped?(): void;
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
}: PresenceOptions) {
  const presence = useMemo(() => new Presence(awareness, later), [awareness]);
  const colourOf = useColours();
  const isPresenting = presenterId !== null && presenterId === ownId;
  const [isFollowing, setFollowing] = useState(true);
  const [presenterName, setPresenterName] = useState<string | null>(null);
  const placed = useRef<Viewport | null>(null);

  useEffect(() => {
    presence.setSilent(!isEditable);
    return () => presence.close();
  }, [presence, isEditable]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: another presenter is followed anew
  useEffect(() => setFollowing(true), [presenterId]);

  const follow = useCallback(() => {
    const editor = api.current;
    const state = editor?.getAppState();
    const presenter = presenterIn(awareness, presenterId);
    setPresenterName(presenter?.name ?? null);
    const isReady = state !== undefined && !state.isLoading && state.width > 0;
    if (!isReady || !isFollowing || isPresenting || !presenter?.view) return;
    // What one draws or writes just now stays under one's hand.
    if (state.cursorButton === "down" || state.editingTextElement !== null) return;
    const wanted = lookAt(presenter.view, state.width, state.height);
    placed.current = wanted;
    if (isSamePlace(viewportOf(state), wanted)) return;
    const zoom = { value: wanted.zoom as typeof state.zoom.value };
    editor?.updateScene({ appState: { scrollX: wanted.scrollX, scrollY: wanted.scrollY, zoom } });
  }, [api, awareness, presenterId, isFollowing, isPresenting]);

  const cursors = useRef<CursorLayer | null>(null);
  const drawCursors = useCallback(
    (viewport: Viewport) => {
      if (layer.current === null) return;
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
      drawCursors(viewport);
      presence.show(isPresenting ? boundsOf(viewport) : null);
      const wanted = placed.current;
      if (wanted === null || !isFollowing || isPresenting || presenterId === null) return;
      if (wanted.width !== viewport.width || wanted.height !== viewport.height) return follow();
      if (isSamePlace(wanted, viewport)) return;
      placed.current = null;
      setFollowing(false);
      onFollowStopped?.();
    },
    [presence, drawCursors, isPresenting, isFollowing, presenterId, follow, onFollowStopped],
  );

  return {
    onPointer: useCallback((pointer: Pointer | null) => presence.point(pointer), [presence]),
    /** To be told of every change of what one sees. */
    onView,
    /** Who is or could be followed; null while nobody else presents. */
    presenterName: isPresenting || presenterId === null ? null : presenterName,
    isFollowing,
    setFollowing,
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
