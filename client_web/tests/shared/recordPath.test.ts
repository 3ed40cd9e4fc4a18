import { expect, it } from "vitest";
import { meetingsPath, momentOf, recordPath } from "../../src/shared/recordPath";

it("leads to a room's meetings, to one of them, and to a moment of it", () => {
  expect(meetingsPath("lounge")).toBe("/rooms/lounge/meetings");
  expect(recordPath("lounge", "meeting_1")).toBe("/rooms/lounge/meetings/meeting_1");
  expect(recordPath("lounge", "meeting_1", 5)).toBe("/rooms/lounge/meetings/meeting_1#at=5");
  expect(recordPath("lounge", "../x")).toBe("/rooms/lounge/meetings/..%2Fx");
});

it("reads the moment back, and nothing else", () => {
  expect(momentOf("#at=1750000000000")).toBe(1_750_000_000_000);
  for (const hash of ["", "#", "#at=", "#at=-1", "#at=1e3", "#at=1.5", "#at=1&x", `#at=${"9".repeat(16)}`]) {
    expect(momentOf(hash)).toBeNull();
  }
});
