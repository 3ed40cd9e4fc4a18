/** How views reach the visit that they show. */

import { createContext, useContext } from "react";
import { useStore } from "zustand";
import type { CaptureKind, CaptureState } from "../media/capture";
import type { DevicesState } from "../media/localMedia";
import type { ScreenState } from "../media/screenCapture";
import type { RoomState } from "../state/roomState";
import type { StageState } from "../state/stage";
import type { HintsState } from "./hints";
import type { MediaState } from "./mediaState";
import type { DocumentsState } from "./roomDocuments";
import type { RoomSession } from "./roomSession";

export const SessionContext = createContext<RoomSession | null>(null);

export function useSession(): RoomSession {
  const session = useContext(SessionContext);
  if (session === null) throw new Error("used outside a room");
  return session;
}

/** `selector` returns a part of the state as it is, or a plain value: nothing freshly made. */
export function useRoom<T>(selector: (state: RoomState) => T): T {
  return useStore(useSession().room, selector);
}

export function useMedia<T>(selector: (state: MediaState) => T): T {
  return useStore(useSession().media, selector);
}

export function useCapture(kind: CaptureKind): CaptureState {
  return useStore(useSession().local[kind].store);
}

export function useScreen(): ScreenState {
  return useStore(useSession().local.screen.store);
}

export function useDocuments<T>(selector: (state: DocumentsState) => T): T {
  return useStore(useSession().documents.store, selector);
}

export function useStage(): StageState {
  return useStore(useSession().stage.store);
}

export function useDevices(): DevicesState {
  return useStore(useSession().local.devices);
}

export function useHints<T>(selector: (state: HintsState) => T): T {
  return useStore(useSession().hints.store, selector);
}
