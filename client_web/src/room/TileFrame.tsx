/** What every tile looks like, whoever is in it. */

import { MicOff } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { Participant } from "../protocol/generated";
import { Avatar } from "../shared/Avatar";
import { ConnectionBars } from "./ConnectionBars";
import classes from "./TileFrame.module.css";

interface TileFrameProps {
  participant: Participant;
  /** The name as it stands on the tile. */
  label: string;
  width: number;
  height: number;
  isMuted: boolean;
  isSpeaking: boolean;
  isReconnecting: boolean;
  hasPicture: boolean;
  isSelf?: boolean;
  isFloating?: boolean;
  /** Something to say over the tile. */
  note?: ReactNode;
  /** The picture. Stays mounted while it is paused, so that it is back at once. */
  children: ReactNode;
}

export function TileFrame(props: TileFrameProps) {
  const { t } = useTranslation();
  const {
    participant,
    label,
    width,
    height,
    isMuted,
    isSpeaking,
    isReconnecting,
    hasPicture,
    isSelf = false,
  } = props;
  return (
    <article
      className={classes.tile}
      style={{ width, height }}
      aria-label={label}
      data-participant-id={participant.participant_id}
      data-self={isSelf || undefined}
      data-floating={props.isFloating || undefined}
      data-speaking={isSpeaking || undefined}
      data-muted={isMuted || undefined}
      data-reconnecting={isReconnecting || undefined}
      data-picture={hasPicture || undefined}
    >
      <div className={classes.picture}>{props.children}</div>
      {!hasPicture && (
        <div className={classes.face}>
          <Avatar name={participant.name} personId={participant.person_id} />
        </div>
      )}
      {props.note && <div className={classes.note}>{props.note}</div>}
      {isReconnecting && <div className={classes.state}>{t("room.reconnecting")}</div>}
      <div className={classes.label}>
        {isMuted && <MicOff size={16} role="img" aria-label={t("room.muted")} className={classes.muted} />}
        <span className={classes.name}>{label}</span>
        {!isReconnecting && <ConnectionBars quality={participant.quality} isSelf={isSelf} />}
        {isSpeaking && <span className="visually-hidden">{t("room.speaking")}</span>}
      </div>
    </article>
  );
}
