import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { BLOCKED_MS, Reach } from "../../src/media/reach";

let said: boolean[];
let reach: Reach<"send" | "recv">;

beforeEach(() => {
  vi.useFakeTimers();
  said = [];
  reach = new Reach((isBlocked) => said.push(isBlocked));
});
afterEach(() => {
  reach.close();
  vi.useRealTimers();
});

it("says so when nothing gets through for a while, and when it does again", () => {
  reach.onLost("recv");
  vi.advanceTimersByTime(BLOCKED_MS - 1);
  expect(said).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(said).toEqual([true]);
  reach.onOpen("recv");
  expect(said).toEqual([true, false]);
});

it("says nothing of a way that is found again in time", () => {
  reach.onLost("recv");
  reach.onLost("send");
  vi.advanceTimersByTime(BLOCKED_MS - 1);
  reach.onOpen("recv");
  reach.onOpen("send");
  vi.advanceTimersByTime(BLOCKED_MS);
  expect(said).toEqual([]);
});

it("is blocked while one of two ways is", () => {
  reach.onLost("recv");
  reach.onLost("send");
  reach.onOpen("recv");
  vi.advanceTimersByTime(BLOCKED_MS);
  expect(said).toEqual([true]);
});

it("counts on over transports that are made anew", () => {
  reach.onLost("recv");
  reach.onLost("send");
  vi.advanceTimersByTime(BLOCKED_MS - 1);
  reach.renew();
  vi.advanceTimersByTime(1);
  expect(said).toEqual([true]);
  // What is muted now needs no way out.
  reach.onOpen("recv");
  expect(said).toEqual([true, false]);
});

it("does not take new transports for lost ones", () => {
  reach.onOpen("recv");
  reach.renew();
  vi.advanceTimersByTime(BLOCKED_MS);
  expect(said).toEqual([]);
});

it("blames no network while the media server is away", () => {
  reach.onLost("recv");
  reach.forget();
  vi.advanceTimersByTime(BLOCKED_MS);
  expect(said).toEqual([]);
  reach.onLost("recv");
  vi.advanceTimersByTime(BLOCKED_MS);
  reach.forget();
  expect(said).toEqual([true, false]);
});

it("leaves no timer when it is closed", () => {
  reach.onLost("recv");
  reach.close();
  expect(vi.getTimerCount()).toBe(0);
});
