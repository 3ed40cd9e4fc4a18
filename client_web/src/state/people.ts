/** Who is in a room, in an order that every screen agrees on. Pure. */

import type { Participant } from "../protocol/generated";

/** Return person ids by when they came. Observers come last: not everybody is told of them. */
export function peopleOf(participants: readonly Participant[]): string[] {
  return participants
    .toSorted(
      (a, b) =>
        Number(a.role === "observer") - Number(b.role === "observer") ||
        a.joined_at - b.joined_at ||
        (a.participant_id < b.participant_id ? -1 : 1),
    )
    .map((participant) => participant.person_id);
}
