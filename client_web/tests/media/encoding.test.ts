import { expect, it } from "vitest";
import { videoEncodingFor } from "../../src/media/encoding";

it("sends less the more people there are, so that all of it fits a phone's line", () => {
  for (let count = 2; count <= 30; count++) {
    const { maxBitrate } = videoEncodingFor(count);
    expect(maxBitrate).toBeLessThanOrEqual(videoEncodingFor(count - 1).maxBitrate);
    expect(maxBitrate * (count - 1)).toBeLessThan(5_000_000);
  }
});
