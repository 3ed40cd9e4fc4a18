import { beforeEach, expect, it, type Mock, vi } from "vitest";
import { Publication, type SentTrack, type TrackProducer } from "../../src/media/publication";
import type { Source } from "../../src/protocol/generated";
import { Problem } from "../../src/shared/problem";
import { FakeTrack } from "../support/fakeMedia";
import { FakeProducer } from "../support/fakeProducer";

let producers: FakeProducer[];
let asked: string[];
let told: { producer_id: string; is_paused: boolean }[];
/** The server takes its time. */
let holdAnswers: boolean;
let mayProducePaused: boolean;
let onBroken: Mock<(error: unknown) => void>;
let onRefused: Mock<() => void>;
/** The server refuses to take the track. */
let refusedWith: Error | null;
/** Holds `produce` back until it is called. */
let release: (() => void) | null;
/** The server refuses what it is told of a producer. */
let refuse: (() => void) | null;

beforeEach(() => {
  producers = [];
  asked = [];
  told = [];
  holdAnswers = false;
  mayProducePaused = true;
  onBroken = vi.fn();
  onRefused = vi.fn();
  refusedWith = null;
  release = null;
  refuse = null;
});

function create(source: Source = "microphone", isSlow = false): Publication {
  return new Publication({
    source,
    requests: {
      request: (async (name: string, fields: { producer_id: string; is_paused: boolean }) => {
        asked.push(name);
        told.push(fields);
        if (holdAnswers) {
          await new Promise((_resolve, reject) => {
            refuse = () => reject(new Error("not_found"));
          });
        }
        return {};
      }) as never,
    },
    produce: async (track, isPaused) => {
      if (isSlow) {
        await new Promise<void>((resolve) => {
          release = resolve;
        });
      }
      if (track.readyState === "ended") throw new Error("track ended");
      if (refusedWith !== null) throw refusedWith;
      const producer = new FakeProducer(`p${producers.length + 1}`, track as unknown as FakeTrack, isPaused);
      producers.push(producer);
      return producer as unknown as TrackProducer;
    },
    mayProducePaused: () => mayProducePaused,
    onRefused,
    onBroken,
  });
}

const sent = (track: FakeTrack | null, isPaused: boolean): SentTrack => ({
  track: track as unknown as MediaStreamTrack | null,
  isPaused,
});
const settled = async () => {
  for (let round = 0; round < 30; round++) await Promise.resolve();
};

it("produces once, and pauses and resumes the same producer", async () => {
  const publication = create();
  const track = new FakeTrack("audio");
  publication.set(sent(track, false));
  await settled();
  publication.set(sent(track, true));
  await settled();
  publication.set(sent(track, false));
  await settled();
  expect(producers).toHaveLength(1);
  expect(told.map(({ is_paused }) => is_paused)).toEqual([true, false]);
  expect(producers[0]?.paused).toBe(false);
});

it("is silent at once, also while the server has not answered what was asked before", async () => {
  const publication = create();
  const track = new FakeTrack("audio");
  publication.set(sent(track, true));
  await settled();
  holdAnswers = true;
  publication.set(sent(track, false));
  await settled();
  expect(producers[0]?.paused).toBe(false);
  publication.set(sent(track, true));
  expect(producers[0]?.paused).toBe(true);
  expect(told).toMatchObject([{ is_paused: false }]);
});

it("ends muted when it is muted while it is being produced", async () => {
  const publication = create("microphone", true);
  const track = new FakeTrack("audio");
  publication.set(sent(track, false));
  publication.set(sent(track, true));
  release?.();
  await settled();
  expect(producers[0]?.paused).toBe(true);
  expect(told.at(-1)?.is_paused).toBe(true);
});

it("ends as last asked for when it is toggled quickly", async () => {
  const publication = create();
  const track = new FakeTrack("audio");
  for (let round = 0; round < 9; round++) publication.set(sent(track, round % 2 === 1));
  await settled();
  expect(producers).toHaveLength(1);
  expect(producers[0]?.paused).toBe(false);
  expect(told.at(-1)?.is_paused ?? false).toBe(false);
});

it("takes the camera's track away when it is off, and gives a new one when it is on again", async () => {
  const publication = create("camera");
  publication.set(sent(new FakeTrack("video"), false));
  await settled();
  publication.set(sent(null, true));
  await settled();
  expect(producers[0]?.track).toBeNull();
  const again = new FakeTrack("video");
  publication.set(sent(again, false));
  await settled();
  expect(producers).toHaveLength(1);
  expect(producers[0]?.track).toBe(again);
  expect(told.map(({ is_paused }) => is_paused)).toEqual([true, false]);
});

it("leaves a track alone that ended while another device starts", async () => {
  const publication = create();
  const track = new FakeTrack("audio");
  publication.set(sent(track, false));
  await settled();
  const gone = new FakeTrack("audio");
  gone.stop();
  publication.set(sent(gone, false));
  await settled();
  expect(onBroken).not.toHaveBeenCalled();
  expect(producers[0]?.track).toBe(track);
});

it("does not take a muted microphone from another tab", async () => {
  mayProducePaused = false;
  const publication = create();
  publication.set(sent(new FakeTrack("audio"), true));
  await settled();
  expect(producers).toHaveLength(0);
  mayProducePaused = true;
  publication.reconsider();
  await settled();
  expect(producers).toHaveLength(1);
});

it("gives way to another tab, and produces anew only when it is unmuted", async () => {
  const publication = create();
  const track = new FakeTrack("audio");
  publication.set(sent(track, false));
  await settled();
  mayProducePaused = false;
  expect(publication.onReplaced("somebody else's")).toBe(false);
  expect(publication.onReplaced("p1")).toBe(true);
  publication.set(sent(track, true));
  await settled();
  expect(producers).toHaveLength(1);
  expect(producers[0]?.closed).toBe(true);
  publication.set(sent(track, false));
  await settled();
  expect(producers).toHaveLength(2);
});

it("sends the layers that somebody looks at", async () => {
  const publication = create("camera");
  publication.set(sent(new FakeTrack("video"), false));
  await settled();
  for (const layers of [3, 1, 1, 0, 3]) {
    publication.onLayersWanted("p1", layers);
    await settled();
  }
  publication.onLayersWanted("somebody else's", 0);
  await settled();
  expect(producers[0]?.active).toEqual([
    [true, false, false],
    [false, false, false],
    [true, true, true],
  ]);
});

it("closes what was produced too late", async () => {
  const publication = create("microphone", true);
  publication.set(sent(new FakeTrack("audio"), false));
  publication.close();
  release?.();
  await settled();
  expect(producers[0]?.closed).toBe(true);
  expect(onBroken).not.toHaveBeenCalled();
});

it("takes a camera that was switched off before it was sent for no fault of the transport", async () => {
  const publication = create("camera", true);
  const track = new FakeTrack("video");
  publication.set(sent(track, false));
  track.stop();
  publication.set(sent(null, true));
  release?.();
  await settled();
  expect(onBroken).not.toHaveBeenCalled();
  const again = new FakeTrack("video");
  publication.set(sent(again, false));
  await settled();
  release?.();
  await settled();
  expect(producers.map((producer) => producer.track)).toEqual([again]);
});

it("takes a refusal for no fault of the transport when another tab has replaced what it was about", async () => {
  const publication = create();
  const track = new FakeTrack("audio");
  publication.set(sent(track, false));
  await settled();
  holdAnswers = true;
  publication.set(sent(track, true));
  await settled();
  mayProducePaused = false;
  publication.onReplaced("p1");
  refuse?.();
  await settled();
  expect(onBroken).not.toHaveBeenCalled();
});

it("takes a screen out of the room when it is not shared any more, and shares another one", async () => {
  const publication = create("screen");
  publication.set(sent(new FakeTrack("video"), false));
  await settled();
  publication.set(sent(null, true));
  await settled();
  expect(asked).toEqual(["media_producer_close"]);
  expect(producers[0]?.closed).toBe(true);
  const again = new FakeTrack("video");
  publication.set(sent(again, false));
  await settled();
  expect(producers.map(({ track, closed }) => [track === again, closed])).toEqual([
    [false, true],
    [true, false],
  ]);
});

it("sends no screen that nobody looks at", async () => {
  const publication = create("screen");
  publication.set(sent(new FakeTrack("video"), false));
  await settled();
  for (const layers of [0, 1]) {
    publication.onLayersWanted("p1", layers);
    await settled();
  }
  expect(producers[0]?.active.map(([first]) => first)).toEqual([false, true]);
});

it("tells that the room takes no further screen, and does not insist", async () => {
  refusedWith = new Problem("too_many_screens");
  const publication = create("screen");
  publication.set(sent(new FakeTrack("video"), false));
  await settled();
  expect(onRefused).toHaveBeenCalledOnce();
  expect(onBroken).not.toHaveBeenCalled();
  expect(producers).toHaveLength(0);
});

it("takes any other refusal for the transport's", async () => {
  refusedWith = new Problem("not_found");
  create("screen").set(sent(new FakeTrack("video"), false));
  await settled();
  expect(onBroken).toHaveBeenCalledOnce();
});
