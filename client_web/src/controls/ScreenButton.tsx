/** Shares one's screen, or ends that. Where the browser cannot do it, there is no button. */

import { MonitorUp, MonitorX } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useScreen, useSession } from "../session/sessionContext";
import { RoundButton } from "./RoundButton";

export function ScreenButton() {
  const { t } = useTranslation();
  const session = useSession();
  const { track, isStarting } = useScreen();
  const isSharing = track !== null;
  if (!session.local.screen.isSupported) return null;
  return (
    <RoundButton
      label={isSharing ? t("room.screenOff") : t("room.screenOn")}
      caption={isSharing ? t("room.short.screenOff") : t("room.short.screenOn")}
      shortcut="D"
      icon={isSharing ? MonitorX : MonitorUp}
      tone={isSharing ? "live" : "plain"}
      isBusy={isStarting}
      onClick={() => session.sending.toggleScreen()}
    />
  );
}
