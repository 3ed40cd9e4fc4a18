import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { PathKeeper } from "../../src/media/pathKeeper";
import { LOOK_MS } from "../../src/media/pathWatch";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

type Reports = ReadonlyMap<string, RTCStatsReport>;

function reports(received: Record<string, number>): Reports {
  const report = (bytesReceived: number) => new Map([["pair", { type: "candidate-pair", bytesReceived }]]);
  return new Map(
    Object.entries(received).map(([way, count]) => [way, report(count) as unknown as RTCStatsReport]),
  );
}

function setUp(look: () => Promise<Reports>) {
  const said: string[] = [];
  const keeper = new PathKeeper<string>({
    look,
    onDoubt: () => void said.push("doubt"),
    onSilence: () => void said.push("silence"),
    onHeard: (ways) => void said.push(`heard ${ways}`),
  });
  const wait = (looks: number) => vi.advanceTimersByTimeAsync(looks * LOOK_MS);
  return { keeper, said, wait };
}

it("doubts once for each silence, then calls it one as long as it lasts", async () => {
  let received = 0;
  const { keeper, said, wait } = setUp(async () => reports({ send: 5, recv: received }));
  await wait(6);
  expect(said).toEqual(["doubt", "silence", "silence", "silence"]);
  received = 1;
  await wait(4);
  expect(said.slice(4)).toEqual(["heard recv", "doubt", "silence"]);
  keeper.close();
});

it("is content as long as something comes over one of the transports", async () => {
  let received = 0;
  const { keeper, said, wait } = setUp(async () => reports({ send: 5, recv: ++received }));
  await wait(10);
  expect(new Set(said)).toEqual(new Set(["heard recv"]));
  keeper.close();
});

it("says nothing without a transport, nor of one that closes meanwhile, nor once it is closed", async () => {
  let look = async () => reports({});
  const { keeper, said, wait } = setUp(() => look());
  await wait(10);
  look = () => Promise.reject(new Error("closed"));
  await wait(10);
  look = async () => reports({ recv: 5 });
  keeper.close();
  await wait(10);
  expect(said).toEqual([]);
});
