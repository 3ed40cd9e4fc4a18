/** Where pairs are in need: by mentor, because what keeps one of their pairs mostly keeps all of them. Pure. */

import type { PairSummary, RoomPerson } from "../../protocol/generated";

export interface MentorNeed {
  mentor: RoomPerson;
  overdue: number;
  atRisk: number;
}

/** Return mentors with pairs that are overdue or at risk: those with most overdue first. */
export function needByMentor(pairs: readonly PairSummary[]): readonly MentorNeed[] {
  const found = new Map<string, MentorNeed>();
  for (const { status } of pairs) {
    if (status.standing !== "overdue" && status.standing !== "at_risk") continue;
    const { mentor, standing } = status;
    const so = found.get(mentor.person_id) ?? { mentor, overdue: 0, atRisk: 0 };
    found.set(mentor.person_id, {
      mentor,
      overdue: so.overdue + (standing === "overdue" ? 1 : 0),
      atRisk: so.atRisk + (standing === "at_risk" ? 1 : 0),
    });
  }
  return [...found.values()].sort(
    (one, other) =>
      other.overdue - one.overdue ||
      other.atRisk - one.atRisk ||
      one.mentor.name.localeCompare(other.mentor.name) ||
      one.mentor.person_id.localeCompare(other.mentor.person_id),
  );
}
