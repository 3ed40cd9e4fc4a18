import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { PlayoutKeeper } from "../../src/media/playoutKeeper";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A receiver whose pictures freeze for want of packets all the time. */
class BadReceiver {
  jitterBufferTarget: number | null = null;
  looks = 0;

  async getStats(): Promise<Map<string, object>> {
    this.looks++;
    return new Map<string, object>([
      ["codec", { type: "codec" }],
      ["stream", { type: "inbound-rtp", kind: "video", freezeCount: this.looks, nackCount: 10 * this.looks }],
    ]);
  }
}

const received = (receiver: object) => ({ receiver: receiver as RTCRtpReceiver });

it("lets what comes over a bad line wait, and looks no more at what is gone", async () => {
  const keeper = new PlayoutKeeper();
  const [stays, goes] = [new BadReceiver(), new BadReceiver()];
  keeper.watch([received(stays), received(goes)]);
  keeper.watch([received(stays)]);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(stays.jitterBufferTarget).toBe(500);
  keeper.watch([received(stays)]);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(stays.jitterBufferTarget).toBe(800);
  expect(goes.looks).toBe(0);
  keeper.close();
  await vi.advanceTimersByTimeAsync(3_000);
  expect(stays.looks).toBe(3);
});

it("leaves a browser alone that cannot be told", async () => {
  const keeper = new PlayoutKeeper();
  const getStats = vi.fn();
  keeper.watch([received({ getStats })]);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(getStats).not.toHaveBeenCalled();
  keeper.close();
});
