/** The order of the list of pairs. Pure. */

import type { PairSummary } from "../../protocol/generated";
import { nextDue, rankOf } from "../progress";
import type { Sort } from "./view";

type Compare = (one: PairSummary, other: PairSummary) => number;

/** Later than any day: what is not due at all comes last. */
const NEVER = "9999-12-31";

const dueOn = ({ status }: PairSummary) => nextDue(status.requirements)?.due_on ?? NEVER;

function comparison(sort: Exclude<Sort, "need">, language: string): Compare {
  const names = new Intl.Collator(language);
  switch (sort) {
    case "mentee":
      return (one, other) => names.compare(one.status.mentee.name, other.status.mentee.name);
    case "mentor":
      return (one, other) => names.compare(one.status.mentor.name, other.status.mentor.name);
    case "standing":
      return (one, other) => rankOf(one.status.standing) - rankOf(other.status.standing);
    case "due":
      return (one, other) => compareText(dueOn(one), dueOn(other));
    // Who has never been in contact comes before those who have been long ago.
    case "last":
      return (one, other) =>
        compareText(one.status.last_contact_on ?? "", other.status.last_contact_on ?? "");
    case "time":
      return (one, other) => one.credited_minutes - other.credited_minutes;
    case "entries":
      return (one, other) => one.meeting_count - other.meeting_count;
    case "open":
      return (one, other) => openOf(one) - openOf(other);
  }
}

const compareText = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);

/** Minutes; what is in dispute weighs more than all that only waits. */
const openOf = ({ status }: PairSummary): number =>
  status.disputed_count * 1_000_000 + status.waiting_minutes;

/** Return pairs in order; `need` is the order that the server gives. What is equal stays in that. */
export function inOrder(
  pairs: readonly PairSummary[],
  sort: Sort,
  isReversed: boolean,
  language: string,
): readonly PairSummary[] {
  if (sort === "need") return isReversed ? [...pairs].reverse() : pairs;
  const compare = comparison(sort, language);
  return [...pairs].sort(isReversed ? (one, other) => compare(other, one) : compare);
}
