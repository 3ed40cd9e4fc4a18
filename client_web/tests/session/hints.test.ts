import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { HINT_MS, Hints } from "../../src/session/hints";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const codes = (hints: Hints) => hints.store.getState().shown.map(({ hint }) => hint.code);

it("shows a hint for a while, and the same one not twice", () => {
  const hints = new Hints();
  hints.show({ code: "replaced", kind: "camera" });
  hints.show({ code: "replaced", kind: "camera" });
  hints.show({ code: "replaced", kind: "microphone" });
  expect(codes(hints)).toEqual(["replaced", "replaced"]);
  vi.advanceTimersByTime(HINT_MS);
  expect(codes(hints)).toEqual([]);
});

it("shows a few at most, the newest of them", () => {
  const hints = new Hints();
  for (const problem of ["denied", "busy"] as const) {
    hints.show({ code: "device_failed", kind: "camera", problem });
    hints.show({ code: "device_failed", kind: "microphone", problem });
  }
  hints.show({ code: "no_webrtc" });
  hints.show({ code: "switched", kind: "camera", label: "x" });
  expect(codes(hints)).toHaveLength(2);
  expect(codes(hints).at(-1)).toBe("switched");
});

it("announces the same words twice as two announcements", () => {
  const hints = new Hints();
  hints.announce({ code: "camera_on" });
  const first = hints.store.getState().spoken?.id;
  hints.announce({ code: "camera_on" });
  expect(hints.store.getState().spoken?.id).not.toBe(first);
});
