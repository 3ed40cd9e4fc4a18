import { expect, it } from "vitest";
import { LOOK_MS, PathWatch, receivedOver } from "../../src/media/pathWatch";

/** What is said at each look, of what was received by then over one way. */
function watched(...received: (number | null)[]): string[] {
  const watch = new PathWatch<string>();
  return received.map((count, look) => {
    const ways = new Map(count === null ? [] : [["recv", count] as const]);
    return watch.update(ways, look * LOOK_MS + (look % 2)).state;
  });
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

it("is content with one of several ways, and says over which something has come", () => {
  const watch = new PathWatch<string>();
  const said = [1, 2, 3, 4, 5].map((count) =>
    watch.update(
      new Map([
        ["send", 7],
        ["recv", count],
      ]),
      count * LOOK_MS,
    ),
  );
  expect(said.at(-1)).toEqual({ state: "open", heard: ["recv"] });
  expect(
    watch.update(
      new Map([
        ["send", 8],
        ["recv", 2],
        ["new", 1],
      ]),
      6 * LOOK_MS,
    ).heard,
  ).toEqual(["send"]);
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
