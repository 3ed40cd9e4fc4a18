/** What there is to tell about one's devices: over the lower edge of the tiles, which do not move for it. */

import { useTranslation } from "react-i18next";
import { HintList } from "../controls/HintList";
import { useMedia } from "../session/sessionContext";
import classes from "./Notices.module.css";

export function Notices() {
  const { t } = useTranslation();
  const isTalkingMuted = useMedia(
    ({ isTalkingMuted, elsewhere }) => isTalkingMuted && !elsewhere.includes("microphone"),
  );
  return (
    <div className={classes.edge}>
      <div className={classes.notices}>
        {/* Two at most: what stands here covers faces. */}
        <HintList most={isTalkingMuted ? 1 : 2} />
        <div role="status">
          {isTalkingMuted && <p className={classes.talking}>{t("room.talkingMuted")}</p>}
        </div>
      </div>
    </div>
  );
}
