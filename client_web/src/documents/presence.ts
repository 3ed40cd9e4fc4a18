/**
 * Where people are in a document: awareness states of y-protocols, as they travel.
 *
 * A page sends its own state and no other's; whose it is says the server. What comes is believed only of the client
 * that it was sent for, and the person in it is replaced by the one whom the server names.
 */

import { createEncoder, toUint8Array, writeVarString, writeVarUint } from "lib0/encoding";
import { type Awareness, applyAwarenessUpdate, removeAwarenessStates } from "y-protocols/awareness";
import { type DocumentPresence, MAX_PRESENCE_BYTES } from "../protocol/generated";

export interface Somebody {
  participantId: string;
  personId: string;
  name: string;
}

/** What a state says of who it is. */
export type Resolve = (participantId: string) => Somebody | null;

/** Marks what was told, so that it is not told back. */
export const TOLD = Symbol("told");

/** Tell whether this page has said where one is: who only reads says nothing. */
export function hasSaid(awareness: Awareness): boolean {
  return Object.keys(awareness.getLocalState() ?? {}).some((field) => field !== "user");
}

/** Return this page's state, or `null` when it is too large to be told. */
export function encodeOwn(awareness: Awareness): Uint8Array | null {
  const state = awareness.getLocalState();
  const clock = awareness.meta.get(awareness.clientID)?.clock ?? 0;
  const encoded = new TextEncoder().encode(JSON.stringify({ clock, state: { ...state, user: undefined } }));
  return encoded.length <= MAX_PRESENCE_BYTES ? encoded : null;
}

/** Take in where somebody is now. */
export function applyPresence(awareness: Awareness, presence: DocumentPresence, resolve: Resolve): void {
  if (presence.client === awareness.clientID) return;
  const told = presence.state === null ? null : decode(presence.state);
  const user = resolve(presence.participant_id);
  if (told === null || user === null) {
    removeAwarenessStates(awareness, [presence.client], TOLD);
    return;
  }
  applyAwarenessUpdate(awareness, update(presence.client, told.clock, { ...told.state, user }), TOLD);
}

/** As y-protocols writes them: a number of states, each with its client and clock. */
function update(client: number, clock: number, state: object): Uint8Array {
  const encoder = createEncoder();
  writeVarUint(encoder, 1);
  writeVarUint(encoder, client);
  writeVarUint(encoder, clock);
  writeVarString(encoder, JSON.stringify(state));
  return toUint8Array(encoder);
}

function decode(data: Uint8Array): { clock: number; state: object } | null {
  try {
    const { clock, state } = JSON.parse(new TextDecoder().decode(data));
    const isState = typeof state === "object" && state !== null && !Array.isArray(state);
    return isState && Number.isSafeInteger(clock) && clock >= 0 ? { clock, state } : null;
  } catch {
    return null;
  }
}
