import { expect, it } from "vitest";
import type { ReceivedTrack } from "../../src/media/subscriptions";
import { afterReceived } from "../../src/session/mediaState";

const received = (participantId: string, source: ReceivedTrack["source"]): ReceivedTrack => ({
  producerId: `${participantId} ${source}`,
  participantId,
  source,
  track: { id: `${participantId} ${source}` } as MediaStreamTrack,
  receiver: undefined,
  isDark: false,
});

it("finds pictures by participant and source", () => {
  const all = [received("ana", "camera"), received("ana", "screen"), received("ben", "camera")];
  const { received: kept, tracks } = afterReceived(all);
  expect(kept).toBe(all);
  expect(tracks.ana?.camera).toBe(all[0]?.track);
  expect(tracks.ana?.screen).toBe(all[1]?.track);
  expect(tracks.ben?.camera).toBe(all[2]?.track);
});
