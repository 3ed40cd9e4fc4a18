/** The hours log over plain HTTP: what there is of it for whoever is signed in, and the steps that they take. */

import type {
  ConfirmedEntries,
  EntryDetail,
  EntryState,
  EntryStep,
  HoursEntry,
  HoursEntryList,
  HoursHome,
  HoursProgramme,
  ManualEntry,
  PairDetail,
  PairKind,
  SeenEntry,
  Standing,
} from "../protocol/generated";
import { call } from "./http";

export const PATH = "/api/v1/hours";

/** Throws `Problem`: `not_signed_in`, or one that passes. */
export const fetchHours = (signal?: AbortSignal): Promise<HoursHome> => call("GET", PATH, signal);

/** Which entries; what is left out stands for all. Days are ISO 8601. */
export interface EntryQuery {
  pairId?: string | undefined;
  /** One of the two; only for coordinators. */
  personId?: string | undefined;
  state?: EntryState | undefined;
  /** What their pair is today. */
  kind?: PairKind | undefined;
  standing?: Standing | undefined;
  /** A part of a name. */
  q?: string | undefined;
  from?: string | undefined;
  to?: string | undefined;
  cursor?: string | undefined;
  limit?: number | undefined;
}

/** Throws `Problem`. */
export function fetchEntries(query: EntryQuery, signal?: AbortSignal): Promise<HoursEntryList> {
  const fields = {
    pair_id: query.pairId,
    person_id: query.personId,
    state: query.state,
    kind: query.kind,
    standing: query.standing,
    q: query.q || undefined,
    from: query.from,
    to: query.to,
    cursor: query.cursor,
    limit: query.limit,
  };
  const given = Object.entries(fields).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)]],
  );
  const search = new URLSearchParams(given).toString();
  return call("GET", `${PATH}/entries${search === "" ? "" : `?${search}`}`, signal);
}

/** Throws `Problem`: `not_found` also where it is not theirs to see. */
export const fetchEntry = (entryId: string, signal?: AbortSignal): Promise<EntryDetail> =>
  call("GET", entryPath(entryId), signal);

/** Throws `Problem`: `not_found` also where it is not theirs to see. */
export const fetchPair = (pairId: string, signal?: AbortSignal): Promise<PairDetail> =>
  call("GET", `${PATH}/pairs/${encodeURIComponent(pairId)}`, signal);

/** All pairs, for coordinators; `query` are words of the address. Throws `Problem`: `forbidden`. */
export const fetchProgramme = (query: string, signal?: AbortSignal): Promise<HoursProgramme> =>
  call("GET", `${PATH}/programme?${query}`, signal);

/** Take a step of an entry; returns it as it is then. Throws `Problem`: `entry_changed` where it is another one meanwhile. */
export const takeStep = (entryId: string, step: EntryStep): Promise<HoursEntry> =>
  call("POST", `${entryPath(entryId)}/steps`, undefined, json(step));

/** Confirm entries as they were seen; returns those that are confirmed now. Throws `Problem`. */
export const confirmEntries = (entries: readonly SeenEntry[]): Promise<ConfirmedEntries> =>
  call("POST", `${PATH}/confirmations`, undefined, json({ entries }));

/** Enter what was done elsewhere. Throws `Problem`: `bad_request` where the rules do not allow it. */
export const addEntry = (entry: ManualEntry): Promise<HoursEntry> =>
  call("POST", `${PATH}/entries`, undefined, json(entry));

const entryPath = (entryId: string) => `${PATH}/entries/${encodeURIComponent(entryId)}`;

const json = (value: unknown) => new Blob([JSON.stringify(value)], { type: "application/json" });
