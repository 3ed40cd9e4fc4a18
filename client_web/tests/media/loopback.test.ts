import { describe, expect, it } from "vitest";
import { offerOf, onlyWay, pathOf } from "../../src/media/loopback";
import type { IceCandidate, TransportOptions } from "../../src/protocol/generated";

const candidate = (protocol: "udp" | "tcp", ip: string): IceCandidate => ({
  foundation: protocol + ip,
  priority: 1,
  ip,
  address: ip,
  protocol,
  port: 8810,
  type: "host",
});

const RELAY = [{ urls: ["turn:turn.example.org?transport=udp", "turns:turn.example.org"], username: "1:p" }];
const REMOTE = {
  id: "tr_1",
  iceCandidates: [
    candidate("udp", "192.0.2.1"),
    candidate("tcp", "192.0.2.1"),
    candidate("udp", "2001:db8::1"),
  ],
  iceServers: RELAY,
} as unknown as TransportOptions;

describe("a way", () => {
  it.each(["udp", "tcp"] as const)("%s has neither the other protocol nor a relay", (way) => {
    const { iceCandidates, iceServers, iceTransportPolicy } = onlyWay(way, REMOTE);
    expect(new Set(iceCandidates.map(({ protocol }) => protocol))).toEqual(new Set([way]));
    expect([iceServers, iceTransportPolicy]).toEqual([[], "all"]);
  });

  it("through the relay is the only one, to the media server's UDP addresses", () => {
    const { iceCandidates, iceServers, iceTransportPolicy } = onlyWay("relay", REMOTE);
    expect(iceCandidates.map(({ protocol }) => protocol)).toEqual(["udp", "udp"]);
    expect([iceServers, iceTransportPolicy]).toEqual([RELAY, "relay"]);
  });

  it("is named by what would have to be opened", () => {
    expect(offerOf("udp", REMOTE)).toEqual(["192.0.2.1:8810", "[2001:db8::1]:8810"]);
    expect(offerOf("tcp", REMOTE)).toEqual(["192.0.2.1:8810"]);
    expect(offerOf("relay", REMOTE)).toEqual(RELAY[0]?.urls);
    expect(offerOf("relay", { ...REMOTE, iceServers: [] })).toEqual([]);
    expect(offerOf("tcp", { ...REMOTE, iceCandidates: [candidate("udp", "192.0.2.1")] })).toEqual([]);
  });
});

const stats = (...reports: { id: string }[]) =>
  new Map(reports.map((report) => [report.id, report])) as unknown as RTCStatsReport;

describe("the path that packets take", () => {
  const pair = { id: "p2", type: "candidate-pair", localCandidateId: "l", remoteCandidateId: "r" };
  const local = {
    id: "l",
    type: "local-candidate",
    candidateType: "relay",
    protocol: "udp",
    relayProtocol: "tls",
  };
  const remote = { id: "r", type: "remote-candidate", address: "192.0.2.1", port: 8810 };
  const other = { id: "p1", type: "candidate-pair", localCandidateId: "x", remoteCandidateId: "y" };
  const expected = {
    roundTripMs: 43,
    candidateType: "relay",
    protocol: "tls",
    remote: "192.0.2.1:8810",
  };

  it("is the selected pair's", () => {
    const transport = { id: "t", type: "transport", selectedCandidatePairId: "p2" };
    const chosen = { ...pair, currentRoundTripTime: 0.0432 };
    expect(pathOf(stats(other, transport, chosen, local, remote))).toEqual(expected);
  });

  it("is found without a transport report, too", () => {
    const chosen = { ...pair, currentRoundTripTime: 0.0432, selected: true };
    expect(pathOf(stats(other, chosen, local, remote))).toEqual(expected);
  });

  it("may be unknown", () => {
    expect(pathOf(stats(other))).toEqual({ roundTripMs: null, candidateType: "", protocol: "", remote: "" });
  });
});
