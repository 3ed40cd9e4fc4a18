import { describe, expect, it } from "vitest";
import { PlayoutDelay, type StreamStats } from "../../src/media/playoutDelay";

type Counters = Omit<StreamStats, "kind">;

/** What a second of a stream brings when nothing is wrong. */
const GOOD: Record<StreamStats["kind"], Partial<Counters>> = {
  audio: { totalSamplesReceived: 48_000 },
  video: { framesDecoded: 20 },
};

/** A stream that is looked at once a second. */
class Stream {
  readonly #delay = new PlayoutDelay();
  #stats: StreamStats;
  #now = 50_000;

  constructor(kind: StreamStats["kind"]) {
    this.#stats = {
      kind,
      framesDecoded: 0,
      framesDropped: 0,
      freezeCount: 0,
      nackCount: 0,
      concealedSamples: 0,
      silentConcealedSamples: 0,
      totalSamplesReceived: 0,
    };
    this.#delay.update(this.#stats, this.#now);
  }

  /** Let seconds pass in which the counters grow by `each`. */
  run(seconds: number, each: Partial<Counters>): (number | null)[] {
    return Array.from({ length: seconds }, () => {
      const grown = Object.entries({ ...GOOD[this.#stats.kind], ...each });
      const stats = { ...this.#stats };
      for (const [name, by] of grown) stats[name as keyof Counters] += by;
      this.#stats = stats;
      this.#now += 1_000;
      return this.#delay.update(stats, this.#now);
    });
  }
}

describe("PlayoutDelay of pictures", () => {
  it("leaves a stream alone that loses nothing, or loses without a stall", () => {
    expect(new Stream("video").run(3, { framesDropped: 5 })).toEqual([null, null, null]);
    expect(new Stream("video").run(3, { framesDecoded: 0 })).toEqual([null, null, null]);
    expect(new Stream("video").run(3, { nackCount: 10 })).toEqual([null, null, null]);
  });

  it.each([
    ["freezes", { freezeCount: 1 }],
    ["drops pictures", { framesDropped: 4 }],
    ["stands still", { framesDecoded: 0 }],
  ])("waits longer, up to a limit, while a lossy stream %s", (_, stall) => {
    expect(new Stream("video").run(4, { nackCount: 10, ...stall })).toEqual([500, 800, 800, 800]);
  });

  it("stays where the stalls end, and gives the time back step by step", () => {
    const stream = new Stream("video");
    stream.run(2, { nackCount: 10, freezeCount: 1 });
    const delays = stream.run(60, {});
    expect(delays.slice(0, 19)).toEqual(Array.from({ length: 19 }, () => 800));
    expect(delays[19]).toBe(500);
    expect(delays[38]).toBe(500);
    expect(delays.slice(39)).toEqual(Array.from({ length: 21 }, () => null));
  });
});

describe("PlayoutDelay of pictures over a line that stays bad", () => {
  const STALL = { nackCount: 10, freezeCount: 1 };
  /** After how many seconds of calm the delay is less. */
  const calmUntilLess = (stream: Stream): number =>
    stream.run(400, { nackCount: 10 }).findIndex((ms) => ms !== 800) + 1;

  it("gives the time back later each time that this was too little, up to a limit", () => {
    const waits = Array.from({ length: 6 }, () => {
      const stream = new Stream("video");
      stream.run(2, STALL);
      return stream;
    }).map((stream, times) => {
      let wait = 20;
      for (let time = 0; time < times; time++) {
        stream.run(wait, {});
        stream.run(1, STALL);
        wait = Math.min(2 * wait, 80);
      }
      return calmUntilLess(stream);
    });
    expect(waits).toEqual([20, 40, 80, 80, 80, 80]);
  });

  it("forgets that when less has been enough for as long", () => {
    const stream = new Stream("video");
    stream.run(2, STALL);
    stream.run(20, {});
    stream.run(1, STALL);
    expect(stream.run(41, {}).at(-1)).toBe(500);
    stream.run(90, {});
    stream.run(2, STALL);
    expect(calmUntilLess(stream)).toBe(20);
  });
});

describe("PlayoutDelay of sound", () => {
  it("waits longer, up to a limit, while much of what is heard is made up", () => {
    expect(new Stream("audio").run(4, { concealedSamples: 3_000 })).toEqual([300, 450, 600, 600]);
  });

  it("does not mind a click, or what is made up of silence", () => {
    expect(new Stream("audio").run(2, { concealedSamples: 960 })).toEqual([null, null]);
    const silence = { concealedSamples: 40_000, silentConcealedSamples: 40_000 };
    expect(new Stream("audio").run(2, silence)).toEqual([null, null]);
  });
});
