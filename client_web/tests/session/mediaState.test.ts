import { expect, it } from "vitest";
import type { ReceivedTrack } from "../../src/media/subscriptions";
import { afterReceived } from "../../src/session/mediaState";

const received = (participantId: string, source: ReceivedTrack["source"], isDark = false): ReceivedTrack => ({
  producerId: `${participantId} ${source}`,
  participantId,
  source,
  track: { id: `${participantId} ${source}` } as MediaStreamTrack,
  receiver: undefined,
  isDark,
});

it("finds pictures by participant and source, and knows which of them the line is too slow for", () => {
  const all = [received("ana", "camera", true), received("ana", "screen"), received("ben", "camera")];
  const { received: kept, tracks, dark } = afterReceived(all);
  expect(kept).toBe(all);
  expect(tracks.ana?.camera).toBe(all[0]?.track);
  expect(tracks.ana?.screen).toBe(all[1]?.track);
  expect(tracks.ben?.camera).toBe(all[2]?.track);
  expect([...dark]).toEqual(["camera ana"]);
});
