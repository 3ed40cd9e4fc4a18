/** What the home page shows: who one is, the rooms, who is in those that are not empty, and what one is to do. */

import { fetchPreview, fetchSession } from "../connection/http";
import { fetchTasks } from "../connection/tasks";
import type { Inside, RoomInfo, RoomSummary, SignedIn, TaskList } from "../protocol/generated";

export interface RoomView {
  room: RoomInfo;
  insideCount: number;
  /** Who they are; nobody where only their number is known. */
  inside: readonly Inside[];
}

export interface HomeView {
  signedIn: SignedIn;
  rooms: readonly RoomView[];
  /** `null` where they could not be read: that takes nobody's rooms away. */
  tasks: TaskList | null;
}

export async function readHome(signal: AbortSignal): Promise<HomeView> {
  const reading = fetchTasks(signal).catch(() => null);
  const signedIn = await fetchSession(signal);
  const rooms = await Promise.all(signedIn.rooms.map((summary) => readRoom(summary, signal)));
  return { signedIn, rooms, tasks: await reading };
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
