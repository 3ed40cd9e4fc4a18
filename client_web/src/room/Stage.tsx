/** Everybody's tiles, a page at a time, as large as the space allows; what is shared or pinned, large beside them. */

import { useEffect, useLayoutEffect } from "react";
import { useTranslation } from "react-i18next";
import type { Participant } from "../protocol/generated";
import { useRoom, useSession, useStage } from "../session/sessionContext";
import type { Tiled } from "../session/stage";
import { largeOf, type Picture, pageCount, smallScreens, visiblePlaces } from "../state/stage";
import { PageTurner } from "./PageTurner";
import { ScreenTile } from "./ScreenTile";
import { SelfTile } from "./SelfTile";
import classes from "./Stage.module.css";
import {
  type Box,
  cornerOf,
  fitCamera,
  gridPlaces,
  hasCorner,
  layoutGrid,
  layoutLarge,
  type StageLayout,
  stripPlaces,
} from "./stageLayout";
import { Tile } from "./Tile";
import type { Space } from "./tileLayout";
import { useSize } from "./useSize";

const GAP = 12;
const NARROW_GAP = 8;
const NOBODY: readonly Participant[] = [];

export function Stage() {
  const { t } = useTranslation();
  const session = useSession();
  const [ref, size] = useSize<HTMLDivElement>();
  const participants = useRoom(({ snapshot }) => snapshot?.participants ?? NOBODY);
  const ownId = useRoom(({ you }) => you?.participant_id);
  const stage = useStage();
  const own = participants.find((p) => p.participant_id === ownId);
  const space: Space = { ...size, gap: size.width < 600 ? NARROW_GAP : GAP };

  const large = largeOf(stage);
  const screens = smallScreens(stage);
  // With one other, they get the whole space and one's own picture a corner of it, unless it fits beside or below.
  const isSelfFloating = large === null && stage.places.length === 1 && hasCorner(space);
  const hasOwnPlace = own !== undefined && !isSelfFloating;
  const capacity =
    (large === null ? gridPlaces(space) : stripPlaces(space)) - screens.length - (hasOwnPlace ? 1 : 0);
  useLayoutEffect(() => {
    if (size.width > 0) session.stage.setCapacity(capacity);
  }, [session, size.width, capacity]);

  const small: Picture[] = [
    ...screens.map((participantId) => ({ participantId, source: "screen" as const })),
    ...visiblePlaces(stage).map((participantId) => ({ participantId, source: "camera" as const })),
  ];
  const count = small.length + (hasOwnPlace ? 1 : 0);
  const layout = large === null ? layoutGrid(count, space) : layoutLarge(count, space);
  const boxes = boxesOf(large, small, layout);
  useEffect(() => {
    session.stage.show(
      boxes.filter(isSeen).map(({ picture, box }): Tiled => ({ ...picture, height: box.height })),
    );
  });

  const ownBox = isSelfFloating ? cornerOf(layout.tiles[0]) : layout.tiles[count - 1];
  const isScrolled = layout.height > size.height;
  const canPin = stage.places.length > 1 || stage.screens.length > 0;
  return (
    <section className={classes.stage} aria-label={t("room.stage")}>
      <div
        ref={ref}
        className={classes.space}
        data-scrolled={isScrolled || undefined}
        tabIndex={isScrolled ? 0 : undefined}
      >
        {boxes.map(({ picture, box, isLarge }) => {
          const participant = participants.find((p) => p.participant_id === picture.participantId);
          if (participant === undefined) return null;
          const props = { participant, box, isLarge, canPin };
          return picture.source === "screen" ? (
            <ScreenTile key={`screen ${picture.participantId}`} {...props} />
          ) : (
            <Tile key={picture.participantId} {...props} />
          );
        })}
        {own !== undefined && ownBox !== undefined && (
          <SelfTile
            participant={own}
            box={ownBox}
            isFloating={isSelfFloating}
            isAlone={stage.places.length === 0 && large === null}
          />
        )}
      </div>
      <PageTurner page={stage.page} count={pageCount(stage)} onTurn={(page) => session.stage.turnTo(page)} />
    </section>
  );
}

interface Boxed {
  picture: Picture;
  box: Box;
  isLarge: boolean;
}

/** A small tile of a screen only says that it is there: there is nothing to be read on it. */
function isSeen({ picture, isLarge }: Boxed): boolean {
  return picture.source === "camera" || isLarge;
}

function boxesOf(large: Picture | null, small: readonly Picture[], layout: StageLayout): Boxed[] {
  const boxes = small.flatMap((picture, index) => {
    const box = layout.tiles[index];
    return box === undefined ? [] : [{ picture, box, isLarge: false }];
  });
  if (large === null || layout.large === null) return boxes;
  const box = large.source === "camera" ? fitCamera(layout.large) : layout.large;
  return [{ picture: large, box, isLarge: true }, ...boxes];
}
