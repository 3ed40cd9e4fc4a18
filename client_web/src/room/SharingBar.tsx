/** Says to oneself that one's screen is shared, lets one choose what matters in its picture, and ends it by one click. */

import { Button, SegmentedControl } from "@mantine/core";
import { MonitorUp } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { ScreenStyle } from "../media/screenCapture";
import { useMedia, useScreen, useSession } from "../session/sessionContext";
import classes from "./SharingBar.module.css";

export function SharingBar() {
  const { t } = useTranslation();
  const session = useSession();
  const { track, style } = useScreen();
  const isElsewhere = useMedia(({ elsewhere }) => elsewhere.includes("screen"));
  const styles: { value: ScreenStyle; label: string }[] = [
    { value: "text", label: t("room.sharing.text") },
    { value: "motion", label: t("room.sharing.motion") },
  ];
  return (
    <div>
      <div role="status">
        {track === null && isElsewhere && <p className={classes.line}>{t("room.sharing.elsewhere")}</p>}
      </div>
      {track !== null && (
        <section className={classes.bar} aria-label={t("room.sharing.label")}>
          <p className={classes.text}>
            <MonitorUp size={20} aria-hidden="true" className={classes.icon} />
            {t("room.sharing.now")}
          </p>
          <SegmentedControl
            className={classes.styles}
            size="sm"
            aria-label={t("room.sharing.style")}
            data={styles}
            value={style}
            onChange={(value) => session.local.screen.setStyle(value)}
          />
          <Button color="clay" size="sm" onClick={() => session.sending.toggleScreen()}>
            {t("room.sharing.stop")}
          </Button>
        </section>
      )}
    </div>
  );
}
