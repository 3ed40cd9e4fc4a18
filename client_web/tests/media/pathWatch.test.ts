import { expect, it } from "vitest";
import { LOOK_MS, PathWatch, receivedOver } from "../../src/media/pathWatch";

/** What is said at each look, of what was received by then. */
function watched(...received: (number | null)[]): string[] {
  const watch = new PathWatch();
  return received.map((count, look) => watch.update(count, look * LOOK_MS + (look % 2)));
}

it("calls a way open over which something comes once a second", () => {
  expect(watched(1, 1, 2, 2, 3, 3, 4)).not.toContain("doubtful");
});

it("doubts after a second of silence, and is sure after one and a half", () => {
  expect(watched(1, 2, 2, 2, 2, 2)).toEqual(["open", "open", "open", "doubtful", "silent", "silent"]);
});

it("calls a way open again as soon as anything comes", () => {
  expect(watched(2, 2, 2, 2, 3, 3)).toEqual(["open", "open", "doubtful", "silent", "open", "open"]);
});

it("does not take for a sign of life that the browser forgets a pair", () => {
  expect(watched(9, 9, 3, 3, 4)).toEqual(["open", "open", "doubtful", "silent", "open"]);
});

it("says nothing of a way that is not there", () => {
  expect(watched(null, null, null, null, 0, 0)).not.toContain("doubtful");
});

it("counts media and answers over every pair", () => {
  const stats = [
    { type: "candidate-pair", bytesReceived: 1_000, responsesReceived: 3 },
    { type: "candidate-pair", responsesReceived: 1 },
    { type: "transport", bytesReceived: 7_000 },
  ];
  expect(receivedOver(stats as unknown as RTCStats[])).toBe(1_004);
});
