/**
 * Who has which place on the stage, in a room of any size. Pure.
 *
 * Everybody else has a place, and keeps it; a page of places is seen at a time. Who begins to speak out of sight changes
 * places with whoever of this page has been silent the longest. A shared screen, or a tile that was pinned, stands large
 * beside them.
 */

import { type PictureSource, pictureId } from "../media/picture";
import type { Participant } from "../protocol/generated";

export interface Picture {
  participantId: string;
  source: PictureSource;
}

export interface StageState {
  /** Ids of all others, by place. */
  places: readonly string[];
  /** Ids of the others who share a screen, in the order in which they began. */
  screens: readonly string[];
  speaking: ReadonlySet<string>;
  /** Ids of those who have spoken, the newest first. */
  spoken: readonly string[];
  /** Ids of those who have been talking most, the newest first: two, because one of them may be oneself. */
  dominants: readonly string[];
  pinned: Picture | null;
  /** From 0. */
  page: number;
  /** How many places a page has. */
  capacity: number;
}

export const EMPTY_STAGE: StageState = {
  places: [],
  screens: [],
  speaking: new Set(),
  spoken: [],
  dominants: [],
  pinned: null,
  page: 0,
  capacity: 1,
};

/** So many of those who spoke last are received even while they are out of sight: they are seen as soon as they speak. */
const KEPT_WARM = 3;

/** What stands large: what was pinned, else the screen that was shared last; `null` for all tiles alike. */
export function largeOf({ pinned, screens }: StageState): Picture | null {
  const newest = screens.at(-1);
  return pinned ?? (newest === undefined ? null : { participantId: newest, source: "screen" });
}

export function isSamePicture(a: Picture | null, b: Picture | null): boolean {
  return a?.participantId === b?.participantId && a?.source === b?.source;
}

/** Ids of those whose tiles are seen, besides what is large. */
export function visiblePlaces(state: StageState): readonly string[] {
  const start = state.page * state.capacity;
  return pagedPlaces(state).slice(start, start + state.capacity);
}

export function pageCount(state: StageState): number {
  return Math.max(1, Math.ceil(pagedPlaces(state).length / state.capacity));
}

/** The screens that are not large just now. */
export function smallScreens(state: StageState): readonly string[] {
  const large = largeOf(state);
  return state.screens.filter((id) => !isSamePicture(large, { participantId: id, source: "screen" }));
}

/** Whose cameras to receive although they are out of sight. */
export function keptWarm(state: StageState): readonly string[] {
  const visible = new Set(visiblePlaces(state));
  const large = largeOf(state);
  if (large?.source === "camera") visible.add(large.participantId);
  return state.spoken.slice(0, KEPT_WARM).filter((id) => !visible.has(id));
}

/** What deserves the line first: what is large, else whoever has been talking most. */
export function mainPicture(state: StageState): string | null {
  const large = largeOf(state);
  if (large !== null) return pictureId(large.participantId, large.source);
  const speaker = state.dominants.find((id) => state.places.includes(id));
  return speaker === undefined ? null : pictureId(speaker, "camera");
}

/** Somebody came, went, or began or ended to share a screen. */
export function withOthers(state: StageState, others: readonly Participant[]): StageState {
  const ids = others.map((other) => other.participant_id);
  const sharing = others.filter(({ producers }) => producers.some(({ source }) => source === "screen"));
  const places = inOrder(state.places, ids);
  const screens = inOrder(
    state.screens,
    sharing.map((other) => other.participant_id),
  );
  const spoken = state.spoken.filter((id) => ids.includes(id));
  const { pinned } = state;
  const isThere =
    pinned !== null && (pinned.source === "screen" ? screens : places).includes(pinned.participantId);
  return settled({ ...state, places, screens, spoken, pinned: isThere ? pinned : null });
}

/** Other people speak now. */
export function withSpeaking(state: StageState, speaking: ReadonlySet<string>): StageState {
  const begun = [...speaking].filter((id) => !state.speaking.has(id) && state.places.includes(id));
  const spoken = [...begun, ...state.spoken.filter((id) => !begun.includes(id))];
  return begun.reduce(broughtIntoView, { ...state, speaking, spoken });
}

/** Somebody, maybe oneself or not known yet, has been talking most. */
export function withDominant(state: StageState, dominant: string): StageState {
  const before = state.dominants.filter((id) => id !== dominant);
  return { ...state, dominants: [dominant, ...before].slice(0, 2) };
}

/** Show a picture large, or all tiles alike again. */
export function withPinned(state: StageState, pinned: Picture | null): StageState {
  return settled({ ...state, pinned });
}

export function withPage(state: StageState, page: number): StageState {
  return settled({ ...state, page });
}

export function withCapacity(state: StageState, capacity: number): StageState {
  return settled({ ...state, capacity: Math.max(1, capacity) });
}

/** Everybody but who is large anyway. */
function pagedPlaces(state: StageState): readonly string[] {
  const large = largeOf(state);
  return large?.source === "camera" ? state.places.filter((id) => id !== large.participantId) : state.places;
}

/** Let a speaker change places with whoever of this page has been silent the longest, if anybody has. */
function broughtIntoView(state: StageState, speaker: string): StageState {
  const visible = visiblePlaces(state);
  if (visible.includes(speaker) || !pagedPlaces(state).includes(speaker)) return state;
  const silent = visible.filter((id) => !state.speaking.has(id));
  const [first, ...others] = silent;
  if (first === undefined) return state;
  const silenceOf = (id: string) =>
    state.spoken.includes(id) ? state.spoken.indexOf(id) : Number.POSITIVE_INFINITY;
  // Of several who never spoke, the last one: the first places change least.
  const yielding = others.reduce(
    (longest, id) => (silenceOf(id) >= silenceOf(longest) ? id : longest),
    first,
  );
  const swap = (id: string) => (id === speaker ? yielding : id === yielding ? speaker : id);
  return { ...state, places: state.places.map(swap) };
}

/** Keep those who are still there where they are, and append who is new. */
function inOrder(known: readonly string[], present: readonly string[]): readonly string[] {
  const kept = known.filter((id) => present.includes(id));
  return [...kept, ...present.filter((id) => !known.includes(id))];
}

function settled(state: StageState): StageState {
  return { ...state, page: Math.min(Math.max(0, state.page), pageCount(state) - 1) };
}
