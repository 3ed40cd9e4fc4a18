/** What a connection test finds out, and what that means for a meeting. Pure. */

import type { WayResult } from "../media/loopback";
import type { MediaProblem } from "../media/mediaProblem";
import type { RelayOutcome } from "../media/relayProbe";

export type DeviceResult =
  | { kind: "works"; label: string; isSilent: boolean }
  | { kind: "problem"; problem: MediaProblem };

/** In Mbit/s; `null`: too slow to measure. */
export interface SpeedResult {
  down: number | null;
  up: number | null;
}

/** What the server offers for each way, in the words of whoever has to open it. */
export interface Offers {
  udp: readonly string[];
  tcp: readonly string[];
  relay: readonly string[];
}

export interface Results {
  microphone: DeviceResult | null;
  camera: DeviceResult | null;
  /** Whether the person has heard the test sound. */
  speaker: boolean | null;
  speed: SpeedResult | null;
  udp: WayResult | null;
  tcp: WayResult | null;
  relay: WayResult | null;
  /** Each of the relay's addresses; empty while nothing is known. */
  relays: readonly RelayOutcome[];
}

export const NO_RESULTS: Results = {
  microphone: null,
  camera: null,
  speaker: null,
  speed: null,
  udp: null,
  tcp: null,
  relay: null,
  relays: [],
};

/** `shut`: of no use, but something else does its work; `none`: neither good nor bad, because there is nothing of the kind. */
export type Mark = "good" | "fair" | "shut" | "bad" | "none";

/** In Mbit/s, of one person's meeting: pictures of some others and one's own. */
const ENOUGH_DOWN = 1.5;
const LITTLE_DOWN = 0.4;
const ENOUGH_UP = 1;
const LITTLE_UP = 0.25;
/** In ms: above the first one notices it, above the second people talk over one another. */
const SHORT_MS = 200;
const LONG_MS = 400;

export function deviceMark(result: DeviceResult): Mark {
  if (result.kind === "problem") return "bad";
  return result.isSilent ? "fair" : "good";
}

export function speedMark({ down, up }: SpeedResult): "good" | "fair" | "bad" {
  if (down === null || up === null || down < LITTLE_DOWN || up < LITTLE_UP) return "bad";
  return down < ENOUGH_DOWN || up < ENOUGH_UP ? "fair" : "good";
}

export function roundTripMark(ms: number): Mark {
  if (ms >= LONG_MS) return "bad";
  return ms >= SHORT_MS ? "fair" : "good";
}

/** A way that is shut matters less while another one is open. */
export function wayMark(result: WayResult, results: Results): Mark {
  if (result.kind === "works") return "good";
  if (result.kind === "not_offered") return "none";
  return hasWay(results) ? "shut" : "bad";
}

export function hasWay({ udp, tcp, relay }: Results): boolean {
  return [udp, tcp, relay].some((result) => result?.kind === "works");
}

/** The round trip of the best way that works, as a meeting would take it. */
export function roundTripMs({ udp, tcp, relay }: Results): number | null {
  for (const result of [udp, tcp, relay]) {
    if (result?.kind === "works" && result.path.roundTripMs !== null) return result.path.roundTripMs;
  }
  return null;
}

export type Verdict = "ready" | "limited" | "no_media";

/** Say in one word what a finished test comes to. What nobody has answered yet (the speaker) does not count. */
export function verdictOf(results: Results): Verdict {
  if (!hasWay(results)) return "no_media";
  const { microphone, camera, speaker, speed, udp } = results;
  const ms = roundTripMs(results);
  const marks = [
    ...[microphone, camera].map((result) => (result === null ? "none" : deviceMark(result))),
    speaker === false ? "bad" : "none",
    speed === null ? "none" : speedMark(speed),
    udp === null ? "none" : wayMark(udp, results),
    ms === null ? "none" : roundTripMark(ms),
  ];
  return marks.every((mark) => mark === "good" || mark === "none") ? "ready" : "limited";
}

/** Write a speed with as many digits as mean something. */
export function mbits(speed: number | null, language: string): string {
  const value = speed ?? 0.1;
  const digits = value >= 10 ? 0 : 1;
  const text = new Intl.NumberFormat(language, { maximumFractionDigits: digits }).format(
    Math.max(value, 0.1),
  );
  return speed === null || speed < 0.1 ? `< ${text}` : text;
}
