/** One's own tile: mirrored, as in a mirror. */

import { useTranslation } from "react-i18next";
import type { Participant } from "../protocol/generated";
import { useCapture, useMedia, useRoom } from "../session/sessionContext";
import { VideoView } from "../shared/VideoView";
import type { Box } from "./stageLayout";
import { TileFrame } from "./TileFrame";

interface SelfTileProps {
  participant: Participant;
  box: Box;
  isFloating?: boolean;
  isAlone?: boolean;
}

export function SelfTile({ participant, box, isFloating = false, isAlone = false }: SelfTileProps) {
  const { t } = useTranslation();
  const camera = useCapture("camera");
  const microphone = useCapture("microphone");
  const isSpeaking = useMedia((media) => media.isSpeaking);
  const isConnected = useRoom(({ connection }) => connection.kind === "connected");
  const isHeardElsewhere = useMedia(({ elsewhere }) => elsewhere.includes("microphone"));
  const track = camera.isOn ? camera.track : null;
  return (
    <TileFrame
      participant={participant}
      label={t("room.you", { name: participant.name })}
      name={participant.name}
      suffix={t("room.youMark")}
      box={box}
      isMuted={!microphone.isOn && !isHeardElsewhere}
      isSpeaking={isSpeaking}
      isReconnecting={!isConnected}
      hasPicture={track !== null}
      isSelf
      isFloating={isFloating}
      note={
        isAlone ? (
          <>
            <strong>{t("room.alone")}</strong>
            <span>{t("room.aloneText")}</span>
          </>
        ) : undefined
      }
    >
      {track !== null && <VideoView track={track} isMirrored />}
    </TileFrame>
  );
}
