/** The people whom notes can mention, and whose an action item can be: everybody who may enter the room. */

import { useEffect, useMemo, useState } from "react";
import { fetchPeople } from "../connection/people";
import type { Person } from "../notes/popups";
import type { Participant, RoomPerson } from "../protocol/generated";
import { useRoom } from "../session/sessionContext";

const NOBODY: readonly Participant[] = [];
const UNKNOWN: readonly RoomPerson[] = [];

/** Who is here is known at once; who is not is looked up when somebody is about to write. */
export function usePeople(isWriting: boolean): readonly Person[] {
  const participants = useRoom(({ snapshot }) => snapshot?.participants ?? NOBODY);
  const slug = useRoom(({ snapshot }) => snapshot?.room.slug);
  const [everybody, setEverybody] = useState(UNKNOWN);
  useEffect(() => {
    if (!isWriting || slug === undefined) return;
    const end = new AbortController();
    // Without an answer, who is here can still be mentioned.
    fetchPeople(slug, end.signal).then(
      ({ people }) => setEverybody(people),
      () => undefined,
    );
    return () => end.abort();
  }, [isWriting, slug]);
  return useMemo(() => mentionable(participants, everybody), [participants, everybody]);
}

/** Return who is in the room, as they came in, and then who else may be, by name. Pure. */
export function mentionable(
  participants: readonly Participant[],
  everybody: readonly RoomPerson[],
): readonly Person[] {
  const here = new Map(participants.map((one) => [one.person_id, one.name]));
  const absent = everybody.filter((one) => !here.has(one.person_id));
  absent.sort((a, b) => a.name.localeCompare(b.name));
  return [
    ...[...here].map(([personId, name]) => ({ personId, name, isHere: true })),
    ...absent.map((one) => ({ personId: one.person_id, name: one.name, isHere: false })),
  ];
}
