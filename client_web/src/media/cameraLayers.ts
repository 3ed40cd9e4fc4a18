/** A camera is sent in three sizes at once (simulcast), and each viewer gets the one that suits the tile. Pure. */

export interface VideoEncoding {
  maxBitrate: number;
  scaleResolutionDownBy: number;
  scalabilityMode: string;
}

/** Three temporal layers: a slow line can get a fourth of the frames (https://www.w3.org/TR/webrtc-svc/). */
const scalabilityMode = "L1T3";

/** From the smallest picture to the largest. The camera gives 540 lines. */
export const CAMERA_LAYERS: readonly VideoEncoding[] = [
  { scaleResolutionDownBy: 4, maxBitrate: 110_000, scalabilityMode },
  { scaleResolutionDownBy: 2, maxBitrate: 330_000, scalabilityMode },
  { scaleResolutionDownBy: 1, maxBitrate: 1_000_000, scalabilityMode },
];

const CAMERA_LINES = 540;
/** A picture may be enlarged so much before that is seen. */
const ENLARGED = 1.3;

/** Return the smallest layer that is large enough for a tile of `height` device pixels. */
export function layerFor(height: number): number {
  const large = CAMERA_LAYERS.findIndex(
    ({ scaleResolutionDownBy }) => (CAMERA_LINES / scaleResolutionDownBy) * ENLARGED >= height,
  );
  return large < 0 ? CAMERA_LAYERS.length - 1 : large;
}
