/** The geometry of who was there when: which instants a picture of it spans, and where on it everything lies. Pure. */

import type { ConnectionEvidence, MeetingEvidence, PersonEvidence, Stretch } from "../protocol/generated";

export const lengthOf = (stretches: readonly Stretch[]): number =>
  stretches.reduce((sum, { started_at, ended_at }) => sum + (ended_at - started_at), 0);

/** Return the instants from the first one that anything is known of up to the last; `null`: nobody was there. */
export function spanOf({ people, together }: MeetingEvidence): Stretch | null {
  const stretches = [...people.flatMap(({ present }) => present), ...together];
  if (stretches.length === 0) return null;
  return {
    started_at: Math.min(...stretches.map(({ started_at }) => started_at)),
    ended_at: Math.max(...stretches.map(({ ended_at }) => ended_at)),
  };
}

export interface Placed {
  /** In percent of the whole. */
  left: number;
  width: number;
  stretch: Stretch;
}

/** What is shorter would not be seen, in percent. */
const LEAST_WIDTH = 0.25;

/** Return where stretches lie on a picture of `span`; what is not on it is cut off. */
export function placed(stretches: readonly Stretch[], span: Stretch): readonly Placed[] {
  const whole = span.ended_at - span.started_at;
  return stretches.flatMap((stretch) => {
    const from = Math.max(stretch.started_at, span.started_at);
    const to = Math.min(stretch.ended_at, span.ended_at);
    if (whole <= 0 || to <= from) return [];
    const width = Math.max(LEAST_WIDTH, ((to - from) / whole) * 100);
    const left = Math.min(((from - span.started_at) / whole) * 100, 100 - width);
    return [{ left, width, stretch }];
  });
}

const MINUTE_MS = 60_000;
/** Minutes that marks of the clock may be apart. */
const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1_440];

export interface Mark {
  at: number;
  left: number;
}

/** In percent: nearer to the ends a mark would stick out. */
const EDGE = 5;

/** Return round instants on a picture of `span`, at most `most`. `offsetMs`: so far the clock is from UTC. */
export function clockMarks(span: Stretch, offsetMs: number, most: number): readonly Mark[] {
  const whole = span.ended_at - span.started_at;
  const step = STEPS.map((minutes) => minutes * MINUTE_MS).find((one) => whole / one <= most);
  if (step === undefined || whole <= 0) return [];
  const first = Math.ceil((span.started_at + offsetMs) / step) * step - offsetMs;
  const count = Math.max(0, Math.floor((span.ended_at - first) / step) + 1);
  const marks = Array.from({ length: count }, (_, index) => {
    const at = first + index * step;
    return { at, left: ((at - span.started_at) / whole) * 100 };
  });
  const inside = marks.filter(({ left }) => left >= EDGE && left <= 100 - EDGE);
  return inside.length > 0 ? inside : marks;
}

/** How far the clock of a time zone is from UTC at an instant. */
export function offsetOf(at: number, timeZone: string): number {
  const parts = new Intl.DateTimeFormat("en-US", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  }).formatToParts(at);
  const value = (type: string) => Number(parts.find((part) => part.type === type)?.value ?? 0);
  const local = Date.UTC(
    value("year"),
    value("month") - 1,
    value("day"),
    value("hour"),
    value("minute"),
    value("second"),
  );
  return local - Math.floor(at / 1_000) * 1_000;
}

export interface Stay {
  from: number;
  to: number;
  /** How often they were away in between, and how long in all. */
  breaks: number;
  awayMs: number;
}

/** Return somebody's time from their first coming to their last going; `null`: they were not there. */
export function stayOf({ present }: PersonEvidence): Stay | null {
  const [first, last] = [present[0], present.at(-1)];
  if (first === undefined || last === undefined) return null;
  const [from, to] = [first.started_at, last.ended_at];
  return { from, to, breaks: present.length - 1, awayMs: to - from - lengthOf(present) };
}

/** Return how many of somebody's connections were there at once at most: two tabs, two devices. */
export function mostAtOnce(connections: readonly ConnectionEvidence[]): number {
  const turns = connections.flatMap(({ joined_at, left_at, last_seen_at }) => [
    { at: joined_at, change: 1 },
    { at: left_at ?? last_seen_at, change: -1 },
  ]);
  // Who goes and comes back at the same instant was not there twice.
  turns.sort((one, other) => one.at - other.at || one.change - other.change);
  let [now, most] = [0, 0];
  for (const { change } of turns) {
    now += change;
    most = Math.max(most, now);
  }
  return most;
}
