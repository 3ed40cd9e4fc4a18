import { expect, it } from "vitest";
import { backoffMs } from "../../src/connection/backoff";

it("doubles up to its limit", () => {
  const waits = [0, 1, 2, 3, 4, 5, 50].map((attempt) => backoffMs(attempt, 400, 8_000, 0.999999));
  expect(waits).toEqual([400, 800, 1_600, 3_200, 6_400, 8_000, 8_000]);
});

it("takes a random half to whole of it", () => {
  expect(backoffMs(2, 400, 8_000, 0)).toBe(800);
  expect(backoffMs(2, 400, 8_000, 0.5)).toBe(1_200);
});
