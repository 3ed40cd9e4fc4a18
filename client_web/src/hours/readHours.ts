/** Whose hours they are, and what there is of them. */

import { fetchHours } from "../connection/hours";
import { fetchSession } from "../connection/http";
import type { HoursHome, PairStatus, Person } from "../protocol/generated";

export interface OwnHours {
  me: Person;
  hours: HoursHome;
}

/** Return what reads both. Who one is stays the same. */
export function createReader(): (signal: AbortSignal) => Promise<OwnHours> {
  let known: Person | null = null;
  return async (signal) => {
    const [hours, me] = await Promise.all([
      fetchHours(signal),
      known ?? fetchSession(signal).then(({ person }) => person),
    ]);
    known = me;
    return { me, hours };
  };
}

/** More are a caseload: seen at once, not one by one. */
export const FEW_PAIRS = 3;

export interface SortedPairs {
  /** Those that are shown one by one. */
  few: readonly PairStatus[];
  /** Those of a mentor of many. */
  caseload: readonly PairStatus[];
}

/** Tell those apart in which one is a mentor of many: somebody else may be one's own mentor at the same time. Pure. */
export function sortPairs(pairs: readonly PairStatus[], ownId: string): SortedPairs {
  const isMentee = ({ mentee }: PairStatus) => mentee.person_id === ownId;
  const asMentor = pairs.filter((pair) => !isMentee(pair));
  return asMentor.length > FEW_PAIRS
    ? { few: pairs.filter(isMentee), caseload: asMentor }
    : { few: pairs, caseload: [] };
}

/** Return the name of the other one of a pair; of a pair of two others that of the mentee. Pure. */
export const otherIn = ({ mentor, mentee, substitute }: PairStatus, ownId: string): string =>
  mentee.person_id === ownId ? (substitute ?? mentor).name : mentee.name;

/** Tell whether somebody is one of a pair, or stands in; else they look after it. Pure. */
export const isOf = ({ mentor, mentee, substitute }: PairStatus, personId: string): boolean =>
  [mentor, mentee, substitute].some((one) => one?.person_id === personId);
