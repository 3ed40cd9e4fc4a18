/** The results in the words of the page. */

import type { TFunction } from "i18next";
import { useTranslation } from "react-i18next";
import { deviceAdvice } from "../controls/deviceAdvice";
import type { Way, WayResult } from "../media/loopback";
import { browserFamily } from "../shared/browserFamily";
import { hostsOf, relayAddresses } from "./addresses";
import type { CheckState, Step } from "./connectionCheck";
import {
  type DeviceResult,
  deviceMark,
  hasWay,
  type Mark,
  mbits,
  type Results,
  roundTripMark,
  roundTripMs,
  speedMark,
  wayMark,
} from "./results";

export type CheckName = "microphone" | "camera" | "speaker" | Way | "speed" | "roundTrip";

export interface Line {
  name: CheckName;
  isRunning: boolean;
  /** `null` while nothing is known. */
  mark: Mark | null;
  text: string;
  /** What to do; empty where there is nothing to do. */
  advice: string;
}

const WAYS: readonly Way[] = ["udp", "tcp", "relay"];

export function useLines(state: CheckState): Line[] {
  const { t, i18n } = useTranslation();
  const known = (name: CheckName, step: Step, words: Words | null): Line => ({
    name,
    isRunning: state.phase === "running" && state.step === step,
    ...(words ?? {
      mark: null,
      text: state.phase === "failed" ? t("connectionTest.notTested") : "",
      advice: "",
    }),
  });
  const { microphone, camera, speed } = state.results;
  const ms = roundTripMs(state.results);
  return [
    known("microphone", "devices", microphone && deviceWords(t, "microphone", microphone)),
    known("camera", "devices", camera && deviceWords(t, "camera", camera)),
    known("speaker", "devices", speakerWords(t, state.results.speaker)),
    ...WAYS.map((way) => {
      const result = state.results[way];
      return known(way, way, result && wayWords(t, way, result, state));
    }),
    known("speed", "speed", speed && speedWords(t, i18n.language, speed)),
    known("roundTrip", "udp", ms === null && state.phase !== "done" ? null : roundTripWords(t, ms)),
  ];
}

type Words = Pick<Line, "mark" | "text" | "advice">;

function deviceWords(t: TFunction, kind: "microphone" | "camera", result: DeviceResult): Words {
  const mark = deviceMark(result);
  if (result.kind === "problem") {
    const { problem } = result;
    // Elsewhere Chromium's permission starts the device by itself; here the test is over.
    const advice =
      problem === "denied" && browserFamily() === "chromium"
        ? t("connectionTest.device.allow")
        : deviceAdvice(t, problem, "test");
    return { mark, text: t(`device.problem.${kind}.${problem}`), advice };
  }
  if (result.isSilent) {
    return { mark, text: t("connectionTest.device.silent"), advice: t("connectionTest.device.silentAdvice") };
  }
  return { mark, text: t("connectionTest.device.works", { label: result.label }), advice: "" };
}

function speakerWords(t: TFunction, heard: boolean | null): Words {
  if (heard === null) return { mark: null, text: t("connectionTest.speaker.text"), advice: "" };
  return heard
    ? { mark: "good", text: t("connectionTest.speaker.heard"), advice: "" }
    : { mark: "bad", text: t("connectionTest.speaker.notHeard"), advice: t("connectionTest.speaker.advice") };
}

function wayWords(t: TFunction, way: Way, result: WayResult, state: CheckState): Words {
  const mark = wayMark(result, state.results);
  if (result.kind === "works") {
    const { protocol } = result.path;
    const values = { protocol: protocol.toUpperCase() };
    const isSpare = way !== "udp" && hasWay({ ...state.results, [way]: null, relay: null });
    const text = isSpare
      ? t(`connectionTest.way.${way}.spare`, values)
      : t(`connectionTest.way.${way}.works`, values);
    return { mark, text, advice: way === "relay" ? silentRelays(t, state.results) : "" };
  }
  if (result.kind === "not_offered") {
    return { mark, text: t(`connectionTest.way.${way}.notOffered`), advice: "" };
  }
  const advice = firewallAdvice(t, way, state);
  const isRest = state.phase === "done" && hasWay(state.results);
  const text = t(`connectionTest.way.${way}.blocked`);
  return { mark, text, advice: isRest ? `${advice} ${t("connectionTest.way.otherWay")}` : advice };
}

/** The media server may stand elsewhere than the page: the offers know where. */
function firewallAdvice(t: TFunction, way: Way, { offers, mediaPorts }: CheckState): string {
  if (way === "relay") return t("connectionTest.way.relay.advice", { offer: relayAddresses(offers.relay) });
  const values = { host: hostsOf(offers[way]), ports: mediaPorts.join(", "), count: mediaPorts.length };
  return t(`connectionTest.way.${way}.advice`, values);
}

function silentRelays(t: TFunction, { relays }: Results): string {
  const silent = relays.filter(({ kind }) => kind !== "works").map(({ url }) => url);
  if (silent.length === 0) return "";
  return t("connectionTest.way.relay.silent", { count: silent.length, offer: relayAddresses(silent) });
}

function speedWords(
  t: TFunction,
  language: string,
  speed: { down: number | null; up: number | null },
): Words {
  const mark = speedMark(speed);
  const text = t("connectionTest.speed.text", {
    down: mbits(speed.down, language),
    up: mbits(speed.up, language),
  });
  return { mark, text, advice: mark === "good" ? "" : t(`connectionTest.speed.${mark}`) };
}

function roundTripWords(t: TFunction, ms: number | null): Words {
  if (ms === null) return { mark: "none", text: t("connectionTest.roundTrip.unknown"), advice: "" };
  const mark = roundTripMark(ms);
  const text = t("connectionTest.roundTrip.text", { ms });
  return { mark, text, advice: mark === "good" ? "" : t("connectionTest.roundTrip.advice") };
}
