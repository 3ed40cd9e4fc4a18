/** Says that the others hear or see this person from another tab or device, while this one sends nothing of the kind. */

import { useTranslation } from "react-i18next";
import { useCapture, useMedia } from "../session/sessionContext";
import classes from "./Elsewhere.module.css";

export function Elsewhere() {
  const { t } = useTranslation();
  const isMicrophoneOn = useCapture("microphone").isOn;
  const isCameraOn = useCapture("camera").isOn;
  const isHeard = useMedia(({ elsewhere }) => elsewhere.includes("microphone")) && !isMicrophoneOn;
  const isSeen = useMedia(({ elsewhere }) => elsewhere.includes("camera")) && !isCameraOn;
  const how = isHeard && isSeen ? "both" : isHeard ? "microphone" : isSeen ? "camera" : null;
  return (
    <div role="status">{how !== null && <p className={classes.line}>{t(`room.elsewhere.${how}`)}</p>}</div>
  );
}
