/** Why a step of the hours log was not taken, as far as it makes a difference to people. Pure. */

import type { ConfirmedEntries, HoursEntry } from "../protocol/generated";
import { type ProblemCode, problemOf } from "../shared/problem";

export type Reason = "changed" | "gone" | "notYours" | "refused" | "signedOut" | "other";

export function reasonOf(code: ProblemCode): Reason {
  switch (code) {
    case "entry_changed":
      return "changed";
    case "not_found":
      return "gone";
    case "forbidden":
      return "notYours";
    case "bad_request":
    case "too_large":
      return "refused";
    case "not_signed_in":
    case "link_invalid":
      return "signedOut";
    default:
      return "other";
  }
}

/** An entry that was not confirmed, or approved, with others. */
export interface Refused {
  entry: HoursEntry;
  /** `own`: it is about hours of whoever wanted to approve it; `alone`: it needs a word of its own. */
  reason: Reason | "own" | "alone";
}

/** Return those of several that were refused, and why each was. */
export function refusedOf(asked: readonly HoursEntry[], { refused }: ConfirmedEntries): readonly Refused[] {
  return refused.flatMap(({ entry_id, error }) => {
    const entry = asked.find((one) => one.entry_id === entry_id);
    if (entry === undefined) return [];
    const reason = reasonOf(problemOf(error.code).code);
    return [{ entry, reason: reason === "refused" ? "alone" : reason }];
  });
}
