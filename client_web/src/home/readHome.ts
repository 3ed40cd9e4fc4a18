/** What the list of rooms shows: who one is, the rooms, and who is in those that are not empty. */

import { fetchPreview, fetchSession } from "../connection/http";
import type { Inside, RoomInfo, RoomSummary, SignedIn } from "../protocol/generated";

export interface RoomView {
  room: RoomInfo;
  insideCount: number;
  /** Who they are; nobody where only their number is known. */
  inside: readonly Inside[];
}

export interface HomeView {
  signedIn: SignedIn;
  rooms: readonly RoomView[];
}

export async function readHome(signal: AbortSignal): Promise<HomeView> {
  const signedIn = await fetchSession(signal);
  const rooms = await Promise.all(signedIn.rooms.map((summary) => readRoom(summary, signal)));
  return { signedIn, rooms };
}

async function readRoom({ room, inside_count }: RoomSummary, signal: AbortSignal): Promise<RoomView> {
  if (inside_count === 0) return { room, insideCount: 0, inside: [] };
  try {
    const { inside } = await fetchPreview(room.slug, signal);
    return { room, insideCount: inside.length, inside };
  } catch {
    // One room that does not answer takes no other from the list, and the list has told how many are inside.
    return { room, insideCount: inside_count, inside: [] };
  }
}

export const isIn = (personId: string, { inside }: RoomView): boolean =>
  inside.some((person) => person.person_id === personId);
