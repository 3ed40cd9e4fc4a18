import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { ReceivedTrack } from "../../src/media/subscriptions";
import { Darkness, STARTING_MS } from "../../src/session/darkness";

class FakeTrack extends EventTarget {
  muted = true;

  /** The first packets come. */
  begin(): void {
    this.muted = false;
    this.dispatchEvent(new Event("unmute"));
  }
}

let dark: string[];
let missing: string[];
let darkness: Darkness;

beforeEach(() => {
  vi.useFakeTimers();
  dark = [];
  missing = [];
  darkness = new Darkness((absent) => {
    dark = [...absent.dark];
    missing = [...absent.missing];
  });
});
afterEach(() => {
  darkness.close();
  vi.useRealTimers();
});

const picture = (track: FakeTrack, isDark: boolean, source: ReceivedTrack["source"] = "camera") => ({
  participantId: "ana",
  source,
  track: track as unknown as MediaStreamTrack,
  isDark,
});

it("blames the line for a new picture only after a while", () => {
  const track = new FakeTrack();
  darkness.follow([picture(track, true)]);
  vi.advanceTimersByTime(STARTING_MS - 1);
  expect(dark).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(dark).toEqual(["camera ana"]);
  darkness.follow([picture(track, false)]);
  expect(dark).toEqual([]);
});

it("blames it at once for a picture that has been there", () => {
  const track = new FakeTrack();
  darkness.follow([picture(track, false)]);
  track.begin();
  darkness.follow([picture(track, true)]);
  expect(dark).toEqual(["camera ana"]);
});

it("says so as soon as a picture that is dark has been there", () => {
  const track = new FakeTrack();
  darkness.follow([picture(track, true)]);
  track.begin();
  expect(dark).toEqual(["camera ana"]);
});

it("has the same patience with every picture, counted from when it was asked for", () => {
  const [camera, screen] = [new FakeTrack(), new FakeTrack()];
  darkness.follow([picture(camera, true)]);
  vi.advanceTimersByTime(STARTING_MS - 1_000);
  darkness.follow([picture(camera, true), picture(screen, true, "screen")]);
  vi.advanceTimersByTime(1_000);
  expect(dark).toEqual(["camera ana"]);
  vi.advanceTimersByTime(STARTING_MS);
  expect(dark).toEqual(["camera ana", "screen ana"]);
});

it("leaves no timer for what is gone", () => {
  darkness.follow([picture(new FakeTrack(), true)]);
  darkness.follow([]);
  expect(vi.getTimerCount()).toBe(0);
  darkness.follow([picture(new FakeTrack(), true)]);
  darkness.close();
  expect(vi.getTimerCount()).toBe(0);
});

it("says of a picture that nothing of it comes, until it does", () => {
  const track = new FakeTrack();
  darkness.follow([picture(track, false)]);
  vi.advanceTimersByTime(STARTING_MS - 1);
  expect(missing).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(missing).toEqual(["camera ana"]);
  track.begin();
  expect([missing, dark]).toEqual([[], []]);
});

it("gives one reason only for a picture that is not there", () => {
  const track = new FakeTrack();
  darkness.follow([picture(track, true)]);
  vi.advanceTimersByTime(STARTING_MS);
  expect([dark, missing]).toEqual([["camera ana"], []]);
  darkness.follow([picture(track, false)]);
  expect([dark, missing]).toEqual([[], ["camera ana"]]);
});
