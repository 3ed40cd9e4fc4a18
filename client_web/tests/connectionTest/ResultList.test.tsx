import { MantineProvider } from "@mantine/core";
import { createInstance } from "i18next";
import { renderToStaticMarkup } from "react-dom/server";
import { I18nextProvider, initReactI18next } from "react-i18next";
import { expect, it } from "vitest";
import type { CheckState } from "../../src/connectionTest/connectionCheck";
import { ResultList } from "../../src/connectionTest/ResultList";
import { NO_RESULTS, type Results } from "../../src/connectionTest/results";
import { en } from "../../src/i18n/en";
import type { WayResult } from "../../src/media/loopback";

const path = { roundTripMs: 20, candidateType: "relay", protocol: "udp", remote: "192.0.2.1:8810" };
const WORKS: WayResult = { kind: "works", path };
const BLOCKED: WayResult = { kind: "blocked", state: "connecting" };

/** Return what stands in one line, without markup. */
function lineOf(name: string, results: Partial<Results>, change: Partial<CheckState> = {}): string {
  const i18n = createInstance();
  void i18n.use(initReactI18next).init({
    resources: { en: { translation: en } },
    lng: "en",
    initAsync: false,
    interpolation: { escapeValue: false },
  });
  const state: CheckState = {
    run: 1,
    phase: "done",
    step: null,
    results: { ...NO_RESULTS, ...results },
    offers: {
      udp: ["192.0.2.1:8810", "[2001:db8::1]:8810"],
      tcp: ["192.0.2.1:8810"],
      relay: ["turn:turn.test"],
    },
    mediaPorts: [8810],
    problem: null,
    finishedAt: new Date(0),
    ...change,
  };
  const markup = renderToStaticMarkup(
    <MantineProvider>
      <I18nextProvider i18n={i18n}>
        <ResultList state={state} onHeard={() => undefined} />
      </I18nextProvider>
    </MantineProvider>,
  );
  const line = markup.split("<li").find((part) => part.includes(`data-check="${name}"`)) ?? "";
  return line
    .slice(line.indexOf(">") + 1)
    .replace(/<[^>]*>/g, " ")
    .replace(/\s+/g, " ");
}

it("names the media server's own addresses to whoever opens the firewall", () => {
  const text = lineOf("udp", { udp: BLOCKED });
  expect(text).toContain("allow UDP to 192.0.2.1, 2001:db8::1, port 8810.");
  expect(lineOf("tcp", { tcp: BLOCKED }, { mediaPorts: [8810, 8811] })).toContain(
    "allow TCP to 192.0.2.1, ports 8810, 8811.",
  );
  expect(lineOf("relay", { relay: BLOCKED })).toContain("allow turn.test:3478 (UDP).");
});

it("says of a shut way that it is shut, and whether another one works", () => {
  expect(lineOf("udp", { udp: BLOCKED, tcp: WORKS })).toContain(": blocked, another way works");
  expect(lineOf("udp", { udp: BLOCKED })).toContain(": does not work");
});

it("says which of a relay's addresses does not work though another does", () => {
  const relays = [
    { url: "turn:turn.test", kind: "works" },
    { url: "turns:turn.test:443", kind: "no_answer" },
  ] as const;
  expect(lineOf("relay", { relay: WORKS, relays })).toContain(
    "cannot be reached from here: turn.test:443 (TLS).",
  );
  expect(lineOf("relay", { relay: WORKS, relays: relays.slice(0, 1) })).not.toContain("cannot be reached");
});

it("says what was not tested when a test has ended before its time", () => {
  expect(lineOf("tcp", { udp: WORKS }, { phase: "failed" })).toContain("Not tested.");
  expect(lineOf("tcp", { udp: WORKS }, { phase: "running" })).not.toContain("Not tested.");
});
