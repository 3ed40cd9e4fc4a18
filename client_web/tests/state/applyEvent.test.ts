import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { RoomEvent, RoomSnapshot } from "../../src/protocol/generated";
import { applyEvent, SequenceGapError } from "../../src/state/applyEvent";

interface Case {
  name: string;
  snapshot: RoomSnapshot;
  /** Does not follow the last snapshot. */
  gap: RoomEvent;
  steps: { event: RoomEvent; snapshot: RoomSnapshot }[];
}

const VECTORS = new URL("../../../protocol/vectors/room_events.json", import.meta.url);
const { cases } = JSON.parse(readFileSync(VECTORS, "utf8")) as { cases: Case[] };

describe.each(cases)("applyEvent: $name", ({ snapshot, steps, gap }) => {
  it("gives the snapshot that the server gives, after every event", () => {
    expect(steps.length).toBeGreaterThan(0);
    let current = snapshot;
    for (const step of steps) {
      current = applyEvent(current, step.event);
      expect(current).toEqual(step.snapshot);
    }
  });

  it("changes nothing for an event that it contains already", () => {
    const final = steps.reduce((current, { event }) => applyEvent(current, event), snapshot);
    for (const { event } of steps) expect(applyEvent(final, event)).toBe(final);
  });

  it("refuses an event that does not follow", () => {
    expect(() => applyEvent(snapshot, gap)).toThrow(SequenceGapError);
  });

  it("leaves the earlier snapshot as it was", () => {
    const before = structuredClone(snapshot);
    steps.reduce((current, { event }) => applyEvent(current, event), snapshot);
    expect(snapshot).toEqual(before);
  });
});
