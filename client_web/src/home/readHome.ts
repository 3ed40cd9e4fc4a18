/** What the list of rooms shows: who one is, the rooms, and who is in those that are not empty. */

import { fetchPreview, fetchSession } from "../connection/http";
import type { Inside, RoomInfo, SignedIn } from "../protocol/generated";

export interface RoomView {
  room: RoomInfo;
  inside: readonly Inside[];
}

export interface HomeView {
  signedIn: SignedIn;
  rooms: readonly RoomView[];
}

export async function readHome(signal: AbortSignal): Promise<HomeView> {
  const signedIn = await fetchSession(signal);
  const rooms = await Promise.all(
    signedIn.rooms.map(async ({ room, inside_count }) => ({
      room,
      inside: inside_count > 0 ? (await fetchPreview(room.slug, signal)).inside : [],
    })),
  );
  return { signedIn, rooms };
}

export const isIn = (personId: string, { inside }: RoomView): boolean =>
  inside.some((person) => person.person_id === personId);
