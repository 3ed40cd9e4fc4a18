/**
 * The test's results as plain text, for whoever looks after the network. In English, whatever the page's language is:
 * it travels. No names, no credentials, no address of this device.
 */

import type { WayResult } from "../media/loopback";
import { type DeviceResult, mbits, type Offers, type Results, verdictOf } from "./results";

export interface Surroundings {
  at: Date;
  origin: string;
  userAgent: string;
  mediaPorts: readonly number[];
}

export function detailsText(results: Results, offers: Offers, around: Surroundings): string {
  const { udp, tcp, relay, speed } = results;
  const lines = [
    `Roundup connection test, ${around.at.toISOString()}`,
    `Server: ${around.origin}`,
    `Media ports: ${around.mediaPorts.join(", ") || "unknown"}`,
    `Browser: ${around.userAgent}`,
    `Verdict: ${verdictOf(results).replace("_", " ")}`,
    `Microphone: ${device(results.microphone)}`,
    `Camera: ${device(results.camera)}`,
    `Sound output: ${results.speaker === null ? "not answered" : results.speaker ? "heard" : "not heard"}`,
    `UDP to the media server: ${way(udp, offers.udp)}`,
    `TCP to the media server: ${way(tcp, offers.tcp)}`,
    `Relay (TURN): ${way(relay, offers.relay)}`,
    `Speed: ${speed === null ? "not measured" : `${mbits(speed.down, "en")} Mbit/s down, ${mbits(speed.up, "en")} Mbit/s up`}`,
  ];
  return `${lines.join("\n")}\n`;
}

function device(result: DeviceResult | null): string {
  if (result === null) return "not tested";
  if (result.kind === "problem") return `does not work (${result.problem})`;
  return result.isSilent ? "on, but silent" : "works";
}

function way(result: WayResult | null, offer: readonly string[]): string {
  if (result === null) return "not tested";
  if (result.kind === "not_offered") return "not offered by this server";
  const tried = `tried ${offer.join(", ")}`;
  if (result.kind === "blocked") return `does not get through (${result.state}; ${tried})`;
  const { roundTripMs, candidateType, protocol, remote } = result.path;
  const time = roundTripMs === null ? "round trip unknown" : `round trip ${roundTripMs} ms`;
  return `works, ${time} (${candidateType} over ${protocol} to ${remote}; ${tried})`;
}
