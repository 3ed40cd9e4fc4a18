/** Who may enter a room, for those inside. */

import type { RoomPeople } from "../protocol/generated";
import { call } from "./http";

/** Throws `Problem`: `forbidden`, `not_found`, or `unreachable`. */
export const fetchPeople = (slug: string, signal?: AbortSignal): Promise<RoomPeople> =>
  call("GET", `/api/rooms/${encodeURIComponent(slug)}/people`, signal);
