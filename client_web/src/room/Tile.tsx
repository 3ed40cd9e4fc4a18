/** Another participant: their picture or initials, name, and how it stands with them. */

import { memo } from "react";
import type { Participant } from "../protocol/generated";
import { useMedia } from "../session/sessionContext";
import { VideoView } from "../shared/VideoView";
import { TileFrame } from "./TileFrame";

interface TileProps {
  participant: Participant;
  width: number;
  height: number;
}

export const Tile = memo(function Tile({ participant, width, height }: TileProps) {
  const { participant_id, name, producers, is_connected } = participant;
  const track = useMedia((media) => media.tracks[participant_id]?.camera ?? null);
  const isSpeaking = useMedia((media) => media.speaking.has(participant_id));
  const isSending = (source: string) => producers.some((p) => p.source === source && !p.is_paused);
  const isMuted = !isSending("microphone");
  return (
    <TileFrame
      participant={participant}
      label={name}
      width={width}
      height={height}
      isMuted={isMuted}
      isSpeaking={isSpeaking && !isMuted}
      isReconnecting={!is_connected}
      hasPicture={track !== null && isSending("camera")}
    >
      {track !== null && <VideoView track={track} />}
    </TileFrame>
  );
});
