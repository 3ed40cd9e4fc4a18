import { expect, it } from "vitest";
import { meterLength, SpeechGate } from "../../src/media/speechGate";

it("begins with a loud sound and lasts over pauses between words", () => {
  const gate = new SpeechGate();
  expect(gate.update(0.001, 0)).toBe(false);
  expect(gate.update(0.05, 100)).toBe(true);
  expect(gate.update(0, 500)).toBe(true);
  expect(gate.update(0, 700)).toBe(false);
});

it("needs less to go on than to begin", () => {
  const gate = new SpeechGate();
  expect(gate.update(0.01, 0)).toBe(false);
  gate.update(0.05, 100);
  for (let now = 200; now < 3_000; now += 100) expect(gate.update(0.01, now)).toBe(true);
});

it("draws a meter evenly in decibels, from nothing to full", () => {
  expect(meterLength(0)).toBe(0);
  expect(meterLength(1)).toBe(1);
  expect(meterLength(0.0001)).toBe(0);
  const quiet = meterLength(0.01);
  expect(meterLength(0.1) - quiet).toBeCloseTo(quiet - (1 - 60 / 54), 5);
});
