import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { SpeakingMonitor } from "../../src/media/speakingMonitor";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A slot whose level is set by the test; packets come all the time. */
class FakeSlot {
  level = 0;
  isSilent = false;
  readonly #start = performance.now();
  readonly track = {} as MediaStreamTrack;
  readonly receiver = {
    getSynchronizationSources: () => [
      { timestamp: this.isSilent ? this.#start : performance.now(), audioLevel: this.level },
    ],
  } as unknown as RTCRtpReceiver;
}

function setUp() {
  const seen = { speaking: [] as string[], changes: 0 };
  const slots = [new FakeSlot(), new FakeSlot()] as const;
  const monitor = new SpeakingMonitor((speaking) => {
    seen.speaking = [...speaking].sort();
    seen.changes++;
  });
  monitor.listenTo(slots);
  return { monitor, slots, seen };
}

it("marks whoever is in a slot that is loud", () => {
  const { monitor, slots, seen } = setUp();
  monitor.follow({ slots: ["ana", "ben"], talking: ["ana", "ben"] });
  slots[0].level = 0.3;
  vi.advanceTimersByTime(100);
  expect(seen.speaking).toEqual(["ana"]);
  slots[0].level = 0;
  vi.advanceTimersByTime(1_000);
  expect(seen).toEqual({ speaking: [], changes: 2 });
});

it("does not take noise for speech that the server says is none", () => {
  const { monitor, slots, seen } = setUp();
  monitor.follow({ slots: ["ana", null], talking: [] });
  slots[0].level = slots[1].level = 0.3;
  vi.advanceTimersByTime(500);
  expect(seen.changes).toBe(0);
});

it("moves the mark with the slot, and leaves none behind", () => {
  const { monitor, slots, seen } = setUp();
  monitor.follow({ slots: ["ana", null], talking: ["ana"] });
  slots[0].level = 0.3;
  vi.advanceTimersByTime(100);
  slots[0].level = 0;
  monitor.follow({ slots: ["ben", null], talking: ["ben", "ana"] });
  vi.advanceTimersByTime(100);
  expect(seen.speaking, "ana talks on without a slot").toEqual(["ana"]);
  slots[0].level = 0.3;
  monitor.follow({ slots: ["ben", null], talking: ["ben"] });
  vi.advanceTimersByTime(100);
  expect(seen.speaking).toEqual(["ben"]);
});

it("forgets the level of a slot in which nothing comes any more", () => {
  const { monitor, slots, seen } = setUp();
  monitor.follow({ slots: ["ana", null], talking: ["ana"] });
  slots[0].level = 0.3;
  vi.advanceTimersByTime(100);
  slots[0].isSilent = true;
  vi.advanceTimersByTime(2_000);
  expect(seen.speaking).toEqual([]);
});

it("is quiet once it is closed", () => {
  const { monitor, slots, seen } = setUp();
  monitor.follow({ slots: ["ana", null], talking: ["ana"] });
  monitor.close();
  slots[0].level = 0.3;
  vi.advanceTimersByTime(500);
  expect(seen.changes).toBe(0);
});
