/** Says that one talks while muted: over the room's name, so that it covers neither faces nor names nor a shared screen. */

import { useTranslation } from "react-i18next";
import { useMedia } from "../session/sessionContext";
import classes from "./TalkingMuted.module.css";

export function TalkingMuted() {
  const { t } = useTranslation();
  const isShown = useMedia(
    ({ isTalkingMuted, elsewhere }) => isTalkingMuted && !elsewhere.includes("microphone"),
  );
  return (
    <div role="status" className={classes.place}>
      {isShown && <p className={classes.talking}>{t("room.talkingMuted")}</p>}
    </div>
  );
}
