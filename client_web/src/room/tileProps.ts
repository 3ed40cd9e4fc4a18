/** What another participant's tiles are told by the stage. */

import type { Participant } from "../protocol/generated";
import type { Box } from "./stageLayout";

export interface TileProps {
  participant: Participant;
  box: Box;
  isLarge: boolean;
  canPin: boolean;
}

/** Boxes are made anew with every layout. */
export function isSameTile(a: TileProps, b: TileProps): boolean {
  const isSameBox = (["left", "top", "width", "height"] as const).every(
    (side) => a.box[side] === b.box[side],
  );
  return isSameBox && a.participant === b.participant && a.isLarge === b.isLarge && a.canPin === b.canPin;
}
