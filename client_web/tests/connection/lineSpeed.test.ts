import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { measureSpeed } from "../../src/connection/lineSpeed";

let now = 0;
beforeEach(() => {
  now = 0;
  vi.spyOn(performance, "now").mockImplementation(() => now);
});
afterEach(() => void vi.restoreAllMocks());

const never = new AbortController().signal;

/** A line of so many Mbit/s, with a round trip before the first byte. */
function line(mbits: number, roundTripMs = 0) {
  const sizes: number[] = [];
  const transfer = async (size: number) => {
    sizes.push(size);
    now += roundTripMs + (size * 8) / 1_000 / mbits;
  };
  return { sizes, transfer };
}

it.each([0.5, 3, 20, 90, 900])("finds %d Mbit/s", async (mbits) => {
  const { transfer } = line(mbits);
  expect(await measureSpeed(transfer, never)).toBeCloseTo(mbits, 5);
});

it("moves more until a long round trip hardly counts", async () => {
  const { transfer, sizes } = line(10, 200);
  expect(await measureSpeed(transfer, never)).toBeGreaterThan(8);
  expect(sizes).toEqual([...sizes].sort((a, b) => a - b));
  expect(sizes.length).toBeGreaterThan(2);
});

it("moves no more than it has to on a slow line, and has an end on a fast one", async () => {
  const slow = line(0.5);
  await measureSpeed(slow.transfer, never);
  expect(slow.sizes).toEqual([65_536]);
  const fast = line(10_000);
  await measureSpeed(fast.transfer, never);
  expect(fast.sizes.reduce((sum, size) => sum + size)).toBeLessThan(16 * 1024 * 1024);
});

it("says nothing of a line on which nothing arrives in time", async () => {
  const timeout = new AbortController();
  vi.spyOn(AbortSignal, "timeout").mockReturnValue(timeout.signal);
  const stuck = (_size: number, signal: AbortSignal) =>
    new Promise<void>((_resolve, reject) => {
      signal.addEventListener("abort", () => reject(new Error("aborted")));
    });
  const measuring = measureSpeed(stuck, never);
  timeout.abort();
  expect(await measuring).toBeNull();
});

it("fails when the server says no", async () => {
  const refused = async () => {
    throw new Error("too_many");
  };
  await expect(measureSpeed(refused, never)).rejects.toThrow("too_many");
});
