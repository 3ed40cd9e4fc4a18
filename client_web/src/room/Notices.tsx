/** What there is to tell about one's devices: over the lower edge of the tiles, which do not move for it. */

import { useTranslation } from "react-i18next";
import { HintList } from "../controls/HintList";
import { useMedia } from "../session/sessionContext";
import classes from "./Notices.module.css";

export function Notices() {
  const { t } = useTranslation();
  const isTalkingMuted = useMedia((media) => media.isTalkingMuted);
  return (
    <div className={classes.edge}>
      <div className={classes.notices}>
        <HintList />
        <div role="status">
          {isTalkingMuted && <p className={classes.talking}>{t("room.talkingMuted")}</p>}
        </div>
      </div>
    </div>
  );
}
