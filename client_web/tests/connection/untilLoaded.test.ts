import { expect, it } from "vitest";
import { untilLoaded } from "../../src/connection/untilLoaded";

it("has what comes at once, without waiting", async () => {
  const pauses: number[] = [];
  const pause = async (ms: number) => void pauses.push(ms);
  expect(await untilLoaded(async () => "board", pause)).toBe("board");
  expect(pauses).toEqual([]);
});

it("tries again until it comes, less and less often", async () => {
  const pauses: number[] = [];
  let tries = 0;
  const load = async () => {
    tries += 1;
    if (tries < 12) throw new TypeError("Failed to fetch dynamically imported module");
    return "board";
  };
  expect(await untilLoaded(load, async (ms) => void pauses.push(ms))).toBe("board");
  expect(pauses).toHaveLength(11);
  expect(pauses[0]).toBeLessThanOrEqual(400);
  expect(pauses.at(-1)).toBeGreaterThanOrEqual(4_000);
  expect(Math.max(...pauses)).toBeLessThanOrEqual(8_000);
});
