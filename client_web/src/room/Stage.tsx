/** Everybody's tiles, as large as the space allows. */

import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import type { Participant } from "../protocol/generated";
import { useRoom, useSession } from "../session/sessionContext";
import { SelfTile } from "./SelfTile";
import classes from "./Stage.module.css";
import { Tile } from "./Tile";
import { layoutTiles } from "./tileLayout";
import { useSize } from "./useSize";

const GAP = 12;
const NARROW_GAP = 8;
const NOBODY: readonly Participant[] = [];

export function Stage() {
  const { t } = useTranslation();
  const session = useSession();
  const [ref, size] = useSize<HTMLElement>();
  const participants = useRoom(({ snapshot }) => snapshot?.participants ?? NOBODY);
  const ownId = useRoom(({ you }) => you?.participant_id);
  const own = participants.find((p) => p.participant_id === ownId);
  const others = participants.filter((p) => p.participant_id !== ownId);

  // With one other, they get the whole space and one's own picture a corner of it, unless it fits beside or below.
  const isLandscape = size.width > size.height * 1.2;
  const isSelfFloating = others.length === 1 && isLandscape;
  const inGrid = others.length + (own && !isSelfFloating ? 1 : 0);
  const gap = size.width < 600 ? NARROW_GAP : GAP;
  const { columns, tileWidth, tileHeight, isScrolled } = layoutTiles(inGrid, { ...size, gap });
  const box = { width: tileWidth, height: tileHeight };
  const width = columns * tileWidth + (columns - 1) * gap;
  useEffect(() => session.setTileHeight(tileHeight), [session, tileHeight]);

  return (
    <section
      ref={ref}
      className={classes.stage}
      aria-label={t("room.stage")}
      data-scrolled={isScrolled || undefined}
      tabIndex={isScrolled ? 0 : undefined}
    >
      <div className={classes.tiles} style={{ gap, width }}>
        {others.map((participant) => (
          <Tile key={participant.participant_id} participant={participant} {...box} />
        ))}
        {own && !isSelfFloating && (
          <SelfTile key="self" participant={own} {...box} isAlone={others.length === 0} />
        )}
      </div>
      {own && isSelfFloating && (
        <div className={classes.corner} style={box}>
          <SelfTile participant={own} isFloating {...cornerSize(tileWidth)} />
        </div>
      )}
    </section>
  );
}

function cornerSize(tileWidth: number): { width: number; height: number } {
  const width = Math.round(Math.min(340, Math.max(120, tileWidth * 0.2)));
  return { width, height: Math.round((width * 9) / 16) };
}
