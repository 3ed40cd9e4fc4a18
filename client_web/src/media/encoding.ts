/** How much picture one person sends, by how many look at it and at how many others at the same time. Pure. */

export interface VideoEncoding {
  maxBitrate: number;
  scaleResolutionDownBy: number;
}

/**
 * There is one stream of each camera for everybody: it must suit the phone that receives all of them. The camera gives
 * 540 lines.
 */
export function videoEncodingFor(participantCount: number): VideoEncoding {
  if (participantCount <= 3) return { maxBitrate: 1_000_000, scaleResolutionDownBy: 1 };
  if (participantCount <= 6) return { maxBitrate: 550_000, scaleResolutionDownBy: 1.5 };
  if (participantCount <= 12) return { maxBitrate: 300_000, scaleResolutionDownBy: 2 };
  return { maxBitrate: 160_000, scaleResolutionDownBy: 3 };
}

export function isSameEncoding(a: VideoEncoding, b: VideoEncoding): boolean {
  return a.maxBitrate === b.maxBitrate && a.scaleResolutionDownBy === b.scaleResolutionDownBy;
}
