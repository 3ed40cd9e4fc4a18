/**
 * Entries as they are shown: as the server listed them, and as they are since one took a step. A list that was read
 * before the step may come after it: what has the higher number is newer. Pure.
 */

import type { HoursEntry, RefusedEntry } from "../protocol/generated";
import { type ProblemCode, problemOf } from "../shared/problem";

export interface Steps {
  /** What steps have made of entries, by their ids. */
  newest: ReadonlyMap<string, HoursEntry>;
  /** Ids of entries of which a step is on its way. */
  sending: ReadonlySet<string>;
  /** Why the last step of an entry was not taken. */
  problems: ReadonlyMap<string, ProblemCode>;
}

export const NO_STEPS: Steps = { newest: new Map(), sending: new Set(), problems: new Map() };

export type StepsAction =
  | { type: "sent"; ids: readonly string[] }
  /** What the server has made of those that it took, and why it did not take the others. */
  | {
      type: "taken";
      ids: readonly string[];
      entries: readonly HoursEntry[];
      refused?: readonly RefusedEntry[];
    }
  | { type: "failed"; ids: readonly string[]; code: ProblemCode };

export function reduceSteps(steps: Steps, action: StepsAction): Steps {
  const sending = new Set(steps.sending);
  const problems = new Map(steps.problems);
  const newest = new Map(steps.newest);
  for (const id of action.ids) {
    if (action.type === "sent") {
      sending.add(id);
      problems.delete(id);
    } else sending.delete(id);
    if (action.type === "failed") problems.set(id, action.code);
  }
  if (action.type === "taken") {
    for (const entry of action.entries) newest.set(entry.entry_id, entry);
    for (const { entry_id, error } of action.refused ?? [])
      problems.set(entry_id, problemOf(error.code).code);
  }
  return { newest, sending, problems };
}

/** Return the entries of a list, each as it is known newest. */
export const newestOf = (listed: readonly HoursEntry[], steps: Steps): readonly HoursEntry[] =>
  listed.map((entry) => {
    const own = steps.newest.get(entry.entry_id);
    return own !== undefined && own.number > entry.number ? own : entry;
  });

/** Whether an entry waits for the word of whoever looks at it. */
export const isWaiting = ({ permitted }: HoursEntry): boolean => permitted.includes("confirmed");

/** Whether it is one of those that are confirmed together: nobody has objected. */
export const isPlain = (entry: HoursEntry): boolean => isWaiting(entry) && entry.state === "proposed";
