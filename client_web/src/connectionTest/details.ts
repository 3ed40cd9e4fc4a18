/**
 * The test's results as plain text, for whoever looks after the network. In English, whatever the page's language is:
 * it travels. No names, no credentials, no address of this device.
 */

import type { WayResult } from "../media/loopback";
import type { RelayOutcome } from "../media/relayProbe";
import { type DeviceResult, mbits, type Offers, type Results, roundTripMs, verdictOf } from "./results";

export interface Surroundings {
  at: Date;
  origin: string;
  userAgent: string;
  mediaPorts: readonly number[];
  /** Code of the problem that ended the test before its time. */
  failure: string | null;
}

export function detailsText(results: Results, offers: Offers, around: Surroundings): string {
  const { udp, tcp, relay, relays, speed } = results;
  const { mediaPorts } = around;
  const ms = roundTripMs(results);
  const lines = [
    `Roundup connection test, ${around.at.toISOString()}`,
    `Server: ${around.origin}`,
    `Media ${mediaPorts.length === 1 ? "port" : "ports"}: ${mediaPorts.join(", ") || "unknown"}`,
    `Browser: ${around.userAgent}`,
    `Verdict: ${around.failure === null ? verdictOf(results).replace("_", " ") : failure(around.failure)}`,
    `Microphone: ${device(results.microphone)}`,
    `Camera: ${device(results.camera)}`,
    `Sound output: ${results.speaker === null ? "not answered" : results.speaker ? "heard" : "not heard"}`,
    `UDP to the media server: ${way(udp, offers.udp)}`,
    `TCP to the media server: ${way(tcp, offers.tcp)}`,
    `Relay (TURN): ${way(relay, relays.length === 0 ? offers.relay : [])}`,
    ...relays.map(({ url, kind }) => `  ${url}: ${RELAY_WORDS[kind]}`),
    `Speed: ${speed === null ? "not measured" : `${mbits(speed.down, "en")} Mbit/s down, ${mbits(speed.up, "en")} Mbit/s up`}`,
    `Delay: ${ms === null ? "not measured" : `${ms} ms there and back`}`,
  ];
  return `${lines.join("\n")}\n`;
}

const RELAY_WORDS: Readonly<Record<RelayOutcome["kind"], string>> = {
  works: "works",
  no_answer: "no answer",
  refused: "answers, but refuses",
};

const FAILURE_WORDS: Readonly<Record<string, string>> = {
  unreachable: "the server could not be reached",
  timed_out: "the server did not answer",
  too_many: "too many tests at the same time",
  media_unavailable: "the media server was being restarted",
  browser_unsupported: "the browser cannot do it",
};

const failure = (code: string) => `not finished, ${FAILURE_WORDS[code] ?? code.replaceAll("_", " ")}`;

function device(result: DeviceResult | null): string {
  if (result === null) return "not tested";
  if (result.kind === "problem") return `does not work (${result.problem.replaceAll("_", " ")})`;
  return result.isSilent ? "on, but silent" : "works";
}

function way(result: WayResult | null, offer: readonly string[]): string {
  if (result === null) return "not tested";
  if (result.kind === "not_offered") return "not offered by this server";
  const tried = offer.length === 0 ? "" : `; tried ${offer.join(", ")}`;
  if (result.kind === "blocked") return `does not get through (${blocked(result.state)}${tried})`;
  const { candidateType, protocol, remote } = result.path;
  const to = remote === "" ? "" : ` to ${remote}`;
  const route = candidateType === "relay" ? "through the relay" : "direct";
  return `works (${route} over ${protocol.toUpperCase()}${to}${tried})`;
}

/** From the state in which WebRTC gave up. */
function blocked(state: string): string {
  if (state === "connected") return "there is a connection, but nothing comes back over it";
  return state === "disconnected" ? "the connection broke off" : "no answer";
}
