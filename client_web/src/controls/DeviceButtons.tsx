/** The microphone and camera switches, the same at the door and inside. Their names say what a click does. */

import { Mic, MicOff, Video, VideoOff } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useCapture, useSession } from "../session/sessionContext";
import { RoundButton } from "./RoundButton";

export function MicrophoneButton({ hasCaption = false }: { hasCaption?: boolean }) {
  const { t } = useTranslation();
  const session = useSession();
  const { isOn, isStarting, problem } = useCapture("microphone");
  return (
    <RoundButton
      label={isOn ? t("room.mute") : t("room.unmute")}
      caption={hasCaption ? t(isOn ? "room.short.mute" : "room.short.unmute") : undefined}
      shortcut="M"
      icon={isOn ? Mic : MicOff}
      tone={isOn ? "on" : "off"}
      isBusy={isStarting}
      hasProblem={problem !== null}
      onClick={() => session.sending.toggleMicrophone()}
    />
  );
}

export function CameraButton({ hasCaption = false }: { hasCaption?: boolean }) {
  const { t } = useTranslation();
  const session = useSession();
  const { isOn, isStarting, problem } = useCapture("camera");
  return (
    <RoundButton
      label={isOn ? t("room.cameraOff") : t("room.cameraOn")}
      caption={hasCaption ? t(isOn ? "room.short.cameraOff" : "room.short.cameraOn") : undefined}
      shortcut="V"
      icon={isOn ? Video : VideoOff}
      tone={isOn ? "on" : "off"}
      isBusy={isStarting}
      hasProblem={problem !== null}
      onClick={() => session.sending.toggleCamera()}
    />
  );
}
