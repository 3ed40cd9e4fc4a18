/** A screen that somebody shares: large, the whole of it, whatever its shape; small, only that it is there. */

import { memo } from "react";
import { useTranslation } from "react-i18next";
import { pictureId } from "../media/picture";
import { useMedia } from "../session/sessionContext";
import { VideoView } from "../shared/VideoView";
import { TileFrame } from "./TileFrame";
import { isSameTile, type TileProps } from "./tileProps";
import { usePin } from "./usePin";

export const ScreenTile = memo(function ScreenTile({ participant, box, isLarge, canPin }: TileProps) {
  const { t } = useTranslation();
  const { participant_id, name, producers, is_connected } = participant;
  const track = useMedia((media) => media.tracks[participant_id]?.screen ?? null);
  const isDark = useMedia((media) => media.dark.has(pictureId(participant_id, "screen")));
  const isMissing = useMedia((media) => media.missing.has(pictureId(participant_id, "screen")));
  const isSending = producers.some(({ source, is_paused }) => source === "screen" && !is_paused);
  const label = t("room.screenOf", { name });
  const pin = usePin({ participantId: participant_id, source: "screen" }, label);
  return (
    <TileFrame
      participant={participant}
      label={label}
      name={isLarge ? label : t("room.screenShort", { name })}
      box={box}
      isScreen
      isLarge={isLarge}
      isMuted={false}
      isSpeaking={false}
      isReconnecting={!is_connected}
      isDark={isDark}
      isMissing={isMissing && isSending}
      hasPicture={track !== null && isSending && !isDark}
      pin={canPin ? pin : undefined}
    >
      {track !== null && <VideoView track={track} isWhole />}
    </TileFrame>
  );
}, isSameTile);
