import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { PathKeeper } from "../../src/media/pathKeeper";
import { LOOK_MS } from "../../src/media/pathWatch";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function report(bytesReceived: number): RTCStatsReport {
  return new Map([["pair", { type: "candidate-pair", bytesReceived }]]) as unknown as RTCStatsReport;
}

function setUp(look: () => Promise<readonly RTCStatsReport[]>) {
  const said: string[] = [];
  const keeper = new PathKeeper({
    look,
    onDoubt: () => void said.push("doubt"),
    onSilence: () => void said.push("silence"),
    onHeard: () => void said.push("heard"),
  });
  const wait = (looks: number) => vi.advanceTimersByTimeAsync(looks * LOOK_MS);
  return { keeper, said, wait };
}

it("says each thing once for each silence", async () => {
  let received = 0;
  const { keeper, said, wait } = setUp(async () => [report(5), report(received)]);
  await wait(10);
  expect(said).toEqual(["doubt", "silence"]);
  received = 1;
  await wait(10);
  expect(said).toEqual(["doubt", "silence", "heard", "doubt", "silence"]);
  keeper.close();
});

it("is content as long as something comes over one of the transports", async () => {
  let received = 0;
  const { keeper, said, wait } = setUp(async () => [report(5), report(++received)]);
  await wait(10);
  expect(said).toEqual([]);
  keeper.close();
});

it("says nothing without a transport, nor of one that closes meanwhile, nor once it is closed", async () => {
  let look = async (): Promise<RTCStatsReport[]> => [];
  const { keeper, said, wait } = setUp(() => look());
  await wait(10);
  look = () => Promise.reject(new Error("closed"));
  await wait(10);
  look = async () => [report(5)];
  keeper.close();
  await wait(10);
  expect(said).toEqual([]);
});
