/** What is looked for, as it stands in the address: a link shows the same to whoever gets it. Pure. */

import type { EntryState, Standing, TermInfo } from "../protocol/generated";

export const ENTRY_STATES = [
  "proposed",
  "confirmed",
  "disputed",
  "approved",
  "withdrawn",
] as const satisfies readonly EntryState[];

/** From the worst to the best, as they are listed. */
export const STANDINGS = ["overdue", "at_risk", "on_track", "met"] as const satisfies readonly Standing[];

/** Return what the address says where it is one of `known`. */
export function oneOf<Value extends string>(
  search: URLSearchParams,
  name: string,
  known: readonly Value[],
): Value | undefined {
  const said = search.get(name);
  return known.find((value) => value === said);
}

/** Return the address's words with one of them changed; `undefined` takes it away. */
export function withWord(search: URLSearchParams, name: string, value: string | undefined): URLSearchParams {
  const changed = new URLSearchParams(search);
  if (value === undefined || value === "") changed.delete(name);
  else changed.set(name, value);
  return changed;
}

/** Whose entries a log of some pairs shows. */
export interface LogScope {
  pairId: string | undefined;
  /** Of all of somebody's pairs. */
  personId: string | undefined;
}

/** Return the pair that the address names, else all of one's own, also what is over: to a coordinator there are others. */
export function logScope(search: URLSearchParams, pairIds: readonly string[], ownId: string): LogScope {
  const pairId = oneOf(search, "pair", pairIds);
  return { pairId, personId: pairId === undefined ? ownId : undefined };
}

/** The word for all days, where there is a present term. */
export const ALL_TERMS = "all";

/** Return the term that is looked at: the one that the address names, else the present one. `null`: all days. */
export function termOf(
  search: URLSearchParams,
  terms: readonly TermInfo[],
  present: TermInfo | null,
): TermInfo | null {
  const said = search.get("term");
  if (said === ALL_TERMS) return null;
  return terms.find(({ term_id }) => term_id === said) ?? present;
}

/** Return the term that papers are of: the one that is looked at, else the present or the last one. `null`: none has begun. */
export const paperTerm = (
  search: URLSearchParams,
  terms: readonly TermInfo[],
  present: TermInfo | null,
  today: string,
): TermInfo | null =>
  termOf(search, terms, present) ?? present ?? terms.findLast(({ first_day }) => first_day <= today) ?? null;
