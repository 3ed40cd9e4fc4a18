import { describe, expect, it } from "vitest";
import { detailsText } from "../../src/connectionTest/details";
import {
  deviceMark,
  mbits,
  NO_RESULTS,
  type Results,
  roundTripMark,
  roundTripMs,
  speedMark,
  verdictOf,
  wayMark,
} from "../../src/connectionTest/results";
import type { WayResult } from "../../src/media/loopback";

const works = (roundTripMs: number | null = 20): WayResult => ({
  kind: "works",
  path: { roundTripMs, candidateType: "host", protocol: "udp", remote: "192.0.2.1:8810" },
});
const BLOCKED: WayResult = { kind: "blocked", state: "connecting" };
const NOT_OFFERED: WayResult = { kind: "not_offered" };
const GOOD: Results = {
  microphone: { kind: "works", label: "Mic of Ana", isSilent: false },
  camera: { kind: "works", label: "Cam of Ana", isSilent: false },
  speaker: null,
  speed: { down: 20, up: 5 },
  udp: works(),
  tcp: NOT_OFFERED,
  relay: NOT_OFFERED,
  relays: [],
};

describe("the verdict", () => {
  it("is ready when everything that is there works", () => {
    expect(verdictOf(GOOD)).toBe("ready");
    expect(verdictOf({ ...GOOD, speaker: true })).toBe("ready");
  });

  it.each<[string, Partial<Results>]>([
    ["no camera", { camera: { kind: "problem", problem: "denied" } }],
    ["a silent microphone", { microphone: { kind: "works", label: "", isSilent: true } }],
    ["no sound", { speaker: false }],
    ["a slow line", { speed: { down: 1, up: 5 } }],
    ["a long delay", { udp: works(500) }],
    ["UDP shut, TCP open", { udp: BLOCKED, tcp: works() }],
    ["only the relay", { udp: BLOCKED, tcp: BLOCKED, relay: works() }],
  ])("is limited with %s", (_what, change) => {
    expect(verdictOf({ ...GOOD, ...change })).toBe("limited");
  });

  it.each<[WayResult | null, WayResult | null, WayResult | null]>([
    [BLOCKED, BLOCKED, BLOCKED],
    [BLOCKED, NOT_OFFERED, NOT_OFFERED],
    [null, null, null],
  ])("is that nothing gets through where no way works", (udp, tcp, relay) => {
    expect(verdictOf({ ...GOOD, udp, tcp, relay })).toBe("no_media");
  });
});

describe("a mark", () => {
  it("of a way that is shut is milder while another one is open", () => {
    expect(wayMark(BLOCKED, { ...NO_RESULTS, udp: BLOCKED })).toBe("bad");
    expect(wayMark(BLOCKED, { ...NO_RESULTS, udp: BLOCKED, relay: works() })).toBe("shut");
    expect(wayMark(NOT_OFFERED, NO_RESULTS)).toBe("none");
    expect(wayMark(works(), NO_RESULTS)).toBe("good");
  });

  it("of the line is that of its worse direction", () => {
    expect(speedMark({ down: 20, up: 5 })).toBe("good");
    expect(speedMark({ down: 20, up: 0.5 })).toBe("fair");
    expect(speedMark({ down: 0.3, up: 5 })).toBe("bad");
    expect(speedMark({ down: 20, up: null })).toBe("bad");
  });

  it("of the delay follows what people notice", () => {
    expect([20, 199, 200, 399, 400].map(roundTripMark)).toEqual(["good", "good", "fair", "fair", "bad"]);
  });

  it("of a device says whether there is anything to hear", () => {
    expect(deviceMark({ kind: "works", label: "", isSilent: true })).toBe("fair");
    expect(deviceMark({ kind: "problem", problem: "busy" })).toBe("bad");
  });
});

it("takes the round trip of the way that a meeting would take", () => {
  expect(roundTripMs({ ...GOOD, udp: works(30), relay: works(5) })).toBe(30);
  expect(roundTripMs({ ...GOOD, udp: BLOCKED, relay: works(50) })).toBe(50);
  expect(roundTripMs({ ...GOOD, udp: works(null) })).toBeNull();
});

it("writes speeds with as many digits as mean something", () => {
  expect(mbits(23.7, "en")).toBe("24");
  expect(mbits(1.26, "es")).toBe("1,3");
  expect(mbits(0.03, "en")).toBe("< 0.1");
  expect(mbits(null, "en")).toBe("< 0.1");
});

describe("the details", () => {
  const OFFERS = { udp: ["192.0.2.1:8810"], tcp: [], relay: ["turn:turn.example.org"] };
  const AROUND = {
    at: new Date("2026-03-01T08:00:00Z"),
    origin: "https://rooms.example.org",
    userAgent: "Some browser",
    mediaPorts: [8810, 8811],
    failure: null,
  };
  const linesOf = (results: Results, around = {}) =>
    detailsText(results, OFFERS, { ...AROUND, ...around }).split("\n");

  it("say everything but what is private", () => {
    const lines = linesOf({ ...GOOD, relay: BLOCKED, speaker: false });
    expect(lines).toEqual([
      "Roundup connection test, 2026-03-01T08:00:00.000Z",
      "Server: https://rooms.example.org",
      "Media ports: 8810, 8811",
      "Browser: Some browser",
      "Verdict: limited",
      "Microphone: works",
      "Camera: works",
      "Sound output: not heard",
      "UDP to the media server: works (direct over UDP to 192.0.2.1:8810; tried 192.0.2.1:8810)",
      "TCP to the media server: not offered by this server",
      "Relay (TURN): does not get through (no answer; tried turn:turn.example.org)",
      "Speed: 20 Mbit/s down, 5 Mbit/s up",
      "Delay: 20 ms there and back",
      "",
    ]);
    expect(lines.join()).not.toContain("Ana");
  });

  it("list each address of the relay", () => {
    const relays = [
      { url: "turn:turn.example.org?transport=udp", kind: "works" },
      { url: "turns:turn.example.org:443", kind: "no_answer" },
      { url: "turn:other.example.org", kind: "refused" },
    ] as const;
    const path = { roundTripMs: 20, candidateType: "relay", protocol: "tls", remote: "192.0.2.1:8810" };
    const lines = linesOf({ ...GOOD, relay: { kind: "works", path }, relays });
    expect(lines.slice(10, 14)).toEqual([
      "Relay (TURN): works (through the relay over TLS to 192.0.2.1:8810)",
      "  turn:turn.example.org?transport=udp: works",
      "  turns:turn.example.org:443: no answer",
      "  turn:other.example.org: answers, but refuses",
    ]);
  });

  it("say how a test ended that could not be made", () => {
    const lines = linesOf(NO_RESULTS, { mediaPorts: [], failure: "unreachable" });
    expect(lines.slice(2, 5)).toEqual([
      "Media ports: unknown",
      "Browser: Some browser",
      "Verdict: not finished, the server could not be reached",
    ]);
    expect(lines.at(-2)).toBe("Delay: not measured");
  });

  it("say in words how far a way came, and use the singular for one port", () => {
    const udp = { kind: "blocked", state: "connected" } as const;
    const lines = linesOf({ ...GOOD, udp }, { mediaPorts: [8810] });
    expect(lines[2]).toBe("Media port: 8810");
    expect(lines[8]).toContain("there is a connection, but nothing comes back");
  });
});
