/** How far a pair is with what is required of it, as a share of it and as what is left. Pure. */

import type { PairStatus, RequirementStatus, Standing } from "../protocol/generated";
import { STANDINGS } from "./filters";

/** Return how much of a bar is full, 0 to 1. Of days since the last contact it is what is left of them. */
export function shareOf({ unit, done, needed }: RequirementStatus): number {
  if (needed <= 0) return 1;
  const share = Math.min(1, Math.max(0, done / needed));
  return unit === "days" ? 1 - share : share;
}

/** How much somebody is needed: the lower, the more. What has no rule comes last. */
export const rankOf = (standing: Standing | null): number =>
  standing === null ? STANDINGS.length : STANDINGS.indexOf(standing);

/** Return what is due next of all that is required; of several on a day that which stands worst. */
export function nextDue(requirements: readonly RequirementStatus[]): RequirementStatus | null {
  const due = requirements.filter(({ due_on }) => due_on !== null);
  due.sort(
    (one, other) =>
      (one.due_on ?? "").localeCompare(other.due_on ?? "") || rankOf(one.standing) - rankOf(other.standing),
  );
  return due[0] ?? null;
}

/** Return the requirement that makes a pair stand as it does: of several the one that is due first. */
export function worstOf(requirements: readonly RequirementStatus[]): RequirementStatus | null {
  const ordered = [...requirements].sort(
    (one, other) =>
      rankOf(one.standing) - rankOf(other.standing) ||
      (one.due_on ?? "9999").localeCompare(other.due_on ?? "9999"),
  );
  return ordered[0] ?? null;
}

/** Return the requirement that a pair's minutes are shown against: the worst of those that count minutes. */
export function minutesRule({ requirements }: PairStatus): RequirementStatus | null {
  const counted = requirements.filter(({ unit }) => unit === "minutes");
  counted.sort((one, other) => rankOf(one.standing) - rankOf(other.standing));
  return counted[0] ?? null;
}

/** Order pairs: those that need somebody most first, then what is due first, then who was not seen for longest. */
export function byNeed(one: PairStatus, other: PairStatus): number {
  const due = (pair: PairStatus) => nextDue(pair.requirements)?.due_on ?? "9999";
  return (
    rankOf(one.standing) - rankOf(other.standing) ||
    due(one).localeCompare(due(other)) ||
    (one.last_contact_on ?? "").localeCompare(other.last_contact_on ?? "") ||
    one.mentee.name.localeCompare(other.mentee.name) ||
    one.pair_id.localeCompare(other.pair_id)
  );
}
