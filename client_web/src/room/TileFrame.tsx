/** What every tile looks like, whoever is in it. */

import { MicOff, MonitorUp, Pin as PinIcon } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { Participant } from "../protocol/generated";
import { Avatar } from "../shared/Avatar";
import { ConnectionBars } from "./ConnectionBars";
import type { Box } from "./stageLayout";
import classes from "./TileFrame.module.css";
import type { Pin } from "./usePin";

interface TileFrameProps {
  participant: Participant;
  /** What is in the tile, to those who cannot see it. */
  label: string;
  /** The same as it stands on the tile, where it is other than `label`; shortened when there is no space. */
  name?: string;
  /** Stands after the name, and is never shortened. */
  suffix?: string;
  box: Box;
  isMuted: boolean;
  isSpeaking: boolean;
  isReconnecting: boolean;
  /** The line is too slow for the picture. */
  isDark?: boolean;
  /** There should be a picture, and nothing of it has come. */
  isMissing?: boolean;
  hasPicture: boolean;
  isScreen?: boolean;
  isLarge?: boolean;
  isSelf?: boolean;
  isFloating?: boolean;
  pin?: Pin | undefined;
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
    box,
    isMuted,
    isSpeaking,
    isReconnecting,
    isDark = false,
    isMissing = false,
    hasPicture,
    isScreen = false,
    isSelf = false,
    pin,
  } = props;
  return (
    <article
      className={classes.tile}
      style={{ ...box }}
      aria-label={label}
      data-participant-id={participant.participant_id}
      data-self={isSelf || undefined}
      data-floating={props.isFloating || undefined}
      data-speaking={isSpeaking || undefined}
      data-muted={isMuted || undefined}
      data-reconnecting={isReconnecting || undefined}
      data-picture={hasPicture || undefined}
      data-screen={isScreen || undefined}
      data-large={props.isLarge || undefined}
      data-dark={isDark || undefined}
      data-missing={isMissing || undefined}
    >
      {/* Stands behind the picture, too, until its first frame has come. */}
      <div className={classes.face}>
        {isScreen ? (
          <MonitorUp aria-hidden="true" className={classes.monitor} />
        ) : (
          <Avatar name={participant.name} personId={participant.person_id} />
        )}
      </div>
      <div className={classes.picture}>{props.children}</div>
      {props.note && <div className={classes.note}>{props.note}</div>}
      {isReconnecting && <div className={classes.state}>{t("room.reconnecting")}</div>}
      {isDark && !isReconnecting && <div className={classes.state}>{t("room.slow")}</div>}
      {isMissing && !isReconnecting && (
        <div className={classes.state} data-late>
          {t("room.missing")}
        </div>
      )}
      {pin !== undefined && (
        <button
          type="button"
          className={classes.pin}
          aria-label={pin.label}
          title={pin.label}
          data-pinned={pin.isPinned || undefined}
          onClick={pin.toggle}
        >
          <span className={classes.pinMark}>
            <PinIcon size={18} aria-hidden="true" fill={pin.isPinned ? "currentColor" : "none"} />
          </span>
        </button>
      )}
      <div className={classes.label}>
        {isScreen && props.isLarge && <MonitorUp size={16} aria-hidden="true" className={classes.mark} />}
        {isMuted && <MicOff size={16} role="img" aria-label={t("room.muted")} className={classes.muted} />}
        <span className={classes.name}>{props.name ?? label}</span>
        {props.suffix !== undefined && <span className={classes.suffix}>{props.suffix}</span>}
        {!isReconnecting && !isScreen && <ConnectionBars quality={participant.quality} isSelf={isSelf} />}
        {isSpeaking && <span className="visually-hidden">{t("room.speaking")}</span>}
      </div>
    </article>
  );
}
