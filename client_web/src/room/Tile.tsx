/** Another participant: their picture or initials, name, and how it stands with them. */

import { memo } from "react";
import { pictureId } from "../media/picture";
import { useMedia } from "../session/sessionContext";
import { VideoView } from "../shared/VideoView";
import { TileFrame } from "./TileFrame";
import { isSameTile, type TileProps } from "./tileProps";
import { usePin } from "./usePin";

export const Tile = memo(function Tile({ participant, box, isLarge, canPin }: TileProps) {
  const { participant_id, name, producers, is_connected } = participant;
  const track = useMedia((media) => media.tracks[participant_id]?.camera ?? null);
  const isDark = useMedia((media) => media.dark.has(pictureId(participant_id, "camera")));
  const isMissing = useMedia((media) => media.missing.has(pictureId(participant_id, "camera")));
  const isSpeaking = useMedia((media) => media.speaking.has(participant_id));
  const pin = usePin({ participantId: participant_id, source: "camera" }, name);
  const isSending = (source: string) => producers.some((p) => p.source === source && !p.is_paused);
  const isMuted = !isSending("microphone");
  const hasCamera = isSending("camera");
  return (
    <TileFrame
      participant={participant}
      label={name}
      box={box}
      isLarge={isLarge}
      isMuted={isMuted}
      isSpeaking={isSpeaking && !isMuted}
      isReconnecting={!is_connected}
      isDark={isDark && hasCamera}
      isMissing={isMissing && hasCamera}
      hasPicture={track !== null && hasCamera && !isDark}
      pin={canPin ? pin : undefined}
    >
      {track !== null && <VideoView track={track} />}
    </TileFrame>
  );
}, isSameTile);
