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
import { hostsOf } from "../../src/connectionTest/useLines";
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
    expect(wayMark(BLOCKED, { ...NO_RESULTS, udp: BLOCKED, relay: works() })).toBe("fair");
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

it("tells those who look after the network hosts and protocols", () => {
  const urls = ["turn:turn.example.org:3478?transport=udp", "turn:turn.example.org:3478?transport=tcp"];
  expect(hostsOf([...urls, "turns:turn.example.org:443"])).toBe(
    "turn.example.org:3478 (UDP), turn.example.org:3478 (TCP), turn.example.org:443 (TCP)",
  );
});

it("puts everything into the details but what is private", () => {
  const offers = { udp: ["192.0.2.1:8810"], tcp: [], relay: ["turn:turn.example.org"] };
  const around = {
    at: new Date("2026-03-01T08:00:00Z"),
    origin: "https://rooms.example.org",
    userAgent: "Some browser",
    mediaPorts: [8810, 8811],
  };
  const text = detailsText({ ...GOOD, relay: BLOCKED, speaker: false }, offers, around);
  expect(text.split("\n")).toEqual([
    "Roundup connection test, 2026-03-01T08:00:00.000Z",
    "Server: https://rooms.example.org",
    "Media ports: 8810, 8811",
    "Browser: Some browser",
    "Verdict: limited",
    "Microphone: works",
    "Camera: works",
    "Sound output: not heard",
    "UDP to the media server: works, round trip 20 ms (host over udp to 192.0.2.1:8810; tried 192.0.2.1:8810)",
    "TCP to the media server: not offered by this server",
    "Relay (TURN): does not get through (connecting; tried turn:turn.example.org)",
    "Speed: 20 Mbit/s down, 5 Mbit/s up",
    "",
  ]);
  expect(text).not.toContain("Ana");
});
