/** What one can do about an entry but say yes, and what each asks for. Pure. */

import type { EntryAction, HoursEntry } from "../protocol/generated";
import type { Wish } from "./useSteps";

export type Choice = Extract<EntryAction, "adjusted" | "disputed" | "approved" | "withdrawn">;

const ORDER: readonly Choice[] = ["adjusted", "disputed", "approved", "withdrawn"];

/** Return what may be chosen. What both have confirmed is approved with one click, and is not among it. */
export const choicesOf = ({ permitted, state }: HoursEntry): readonly Choice[] =>
  ORDER.filter((choice) => permitted.includes(choice) && !(choice === "approved" && state === "confirmed"));

/** Whether one of the two takes the step, not a coordinator. */
export const isOneOfTheTwo = ({ mentor, mentee }: HoursEntry, ownId: string): boolean =>
  ownId === mentor.person_id || ownId === mentee.person_id;

/** Whether a reason has to be given. Who takes back what they have entered owes none. */
export const needsReason = (entry: HoursEntry, choice: Choice, ownId: string): boolean =>
  choice !== "withdrawn" || !isOneOfTheTwo(entry, ownId);

/** What was filled in. */
export interface Filled {
  choice: Choice;
  /** `null`: that is no number of minutes. */
  minutes: number | null;
  contactType: HoursEntry["contact_type"];
  text: string;
}

export type Fault = "minutes" | "reason" | "same";

/** Return the step that was wished for, or what is wrong with what was filled in. */
export function wishOf(entry: HoursEntry, filled: Filled, ownId: string, mostMinutes: number): Wish | Fault {
  const { choice, minutes, contactType } = filled;
  const text = filled.text.trim();
  const isAdjustment = choice === "adjusted";
  if (isAdjustment && (minutes === null || minutes > mostMinutes)) return "minutes";
  const isSame = minutes === entry.credited_minutes && contactType === entry.contact_type;
  // A coordinator settles a dispute also by leaving it as it is.
  if (isAdjustment && isSame && (isOneOfTheTwo(entry, ownId) || entry.state !== "disputed")) return "same";
  if (text === "" && needsReason(entry, choice, ownId)) return "reason";
  return isAdjustment
    ? { action: choice, text, credited_minutes: minutes, contact_type: contactType }
    : { action: choice, text };
}
