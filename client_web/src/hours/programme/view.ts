/** What a coordinator looks at, as it stands in the address: a link shows the same to a colleague. Pure. */

import { MAX_DAYS, MAX_NAME_CHARACTERS, type PairKind, type Standing } from "../../protocol/generated";
import { addDays } from "../days";
import { oneOf, STANDINGS } from "../filters";

export const PAIR_KINDS = ["mentor", "content_buddy", "lead_teacher"] as const satisfies readonly PairKind[];

/** What the list of pairs is sorted by. */
export const SORTS = [
  "need",
  "mentee",
  "mentor",
  "standing",
  "due",
  "last",
  "time",
  "entries",
  "open",
] as const;
export type Sort = (typeof SORTS)[number];

/** Entries that a coordinator has something to do with. */
export const DUTIES = ["disputed", "waiting", "confirmed"] as const;
export type Duty = (typeof DUTIES)[number];

export interface View {
  /** First and last day; `null`: the present term. */
  days: Days | null;
  /** The Monday of a week among them that is looked at more closely. */
  week: string | undefined;
  kind: PairKind | undefined;
  personId: string | undefined;
  standing: Standing | undefined;
  /** A part of a name. */
  q: string;
  sort: Sort;
  isReversed: boolean;
  /** From 0. */
  page: number;
  duty: Duty | undefined;
}

export interface Days {
  from: string;
  to: string;
}

const DAY_MS = 86_400_000;

export function readView(search: URLSearchParams): View {
  const days = daysOf(search.get("from"), search.get("to"));
  const week = search.get("week");
  const page = Number(search.get("page") ?? 1);
  return {
    days,
    week: week !== null && isDay(week) && isMonday(week) ? week : undefined,
    kind: oneOf(search, "kind", PAIR_KINDS),
    personId: search.get("person") || undefined,
    standing: oneOf(search, "standing", STANDINGS),
    q: search.get("q")?.trim().slice(0, MAX_NAME_CHARACTERS) ?? "",
    sort: oneOf(search, "sort", SORTS) ?? "need",
    isReversed: search.get("order") === "reverse",
    page: Number.isInteger(page) && page > 1 ? page - 1 : 0,
    duty: oneOf(search, "list", DUTIES),
  };
}

/** What there is to change in the address; `undefined` takes it away. */
export type Changes = Partial<
  Record<
    "from" | "to" | "week" | "kind" | "person" | "standing" | "q" | "sort" | "order" | "page" | "list",
    string | undefined
  >
>;

/** Return the address's words with some changed. Another list of pairs begins with its first page. */
export function withChanges(search: URLSearchParams, changes: Changes): URLSearchParams {
  const changed = new URLSearchParams(search);
  if (!("list" in changes)) changed.delete("page");
  // Weeks of other days are others.
  if ("from" in changes || "to" in changes) changed.delete("week");
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined || value === "") changed.delete(name);
    else changed.set(name, value);
  }
  return changed;
}

/** Whether only some of the pairs are looked at. */
export const isNarrowed = ({ kind, personId, standing, q }: PairWords): boolean =>
  kind !== undefined || personId !== undefined || standing !== undefined || q !== "";

/** Of which pairs. */
export interface PairWords {
  kind: PairKind | undefined;
  personId: string | undefined;
  standing: Standing | undefined;
  q: string;
}

/** What the server is asked for. */
export interface Question extends PairWords {
  days: Days | null;
  week: string | undefined;
}

/** Return the words of a question to the server; its week is not among them. */
export function wordsOf({ days, kind, personId, standing, q }: Question): string {
  const words = new URLSearchParams();
  const said = { from: days?.from, to: days?.to, kind, person_id: personId, standing, q: q || undefined };
  for (const [name, value] of Object.entries(said)) if (value !== undefined) words.set(name, value);
  return words.toString();
}

/** Return the days of a week that are among others; `null`: there are none. */
export function daysOfWeek(monday: string, { from, to }: Days): Days | null {
  const sunday = addDays(monday, 6);
  if (sunday < from || monday > to) return null;
  return { from: monday < from ? from : monday, to: sunday > to ? to : sunday };
}

/** Return both days where they are some, and in order. */
export function daysOf(from: string | null, to: string | null): Days | null {
  if (from === null || to === null || !isDay(from) || !isDay(to)) return null;
  return from <= to && addDays(from, MAX_DAYS) > to ? { from, to } : null;
}

function isDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const at = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(at) && new Date(at).toISOString().slice(0, 10) === text;
}

/** The first day of 1970 was a Thursday. */
const isMonday = (day: string): boolean => (Date.parse(`${day}T00:00:00Z`) / DAY_MS + 3) % 7 === 0;
