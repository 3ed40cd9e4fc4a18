/** One's own picture as the others will see it, with the two switches, or words about why there is none. */

import { Button } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { CameraButton, MicrophoneButton } from "../controls/DeviceButtons";
import { deviceAdvice } from "../controls/deviceAdvice";
import type { CaptureKind } from "../media/capture";
import type { MediaProblem } from "../media/mediaProblem";
import type { Person } from "../protocol/generated";
import { useCapture, useSession } from "../session/sessionContext";
import { Avatar } from "../shared/Avatar";
import { VideoView } from "../shared/VideoView";
import { MicrophoneMeter } from "./MicrophoneMeter";
import classes from "./Preview.module.css";

export function Preview({ person }: { person: Person }) {
  const { t } = useTranslation();
  const camera = useCapture("camera");
  const microphone = useCapture("microphone");
  return (
    <div className={classes.side}>
      <section className={classes.preview} aria-label={t("door.preview")}>
        {camera.track !== null && camera.isOn ? (
          <VideoView track={camera.track} isMirrored />
        ) : (
          <div className={classes.blank}>
            <span className={classes.face}>
              <Avatar name={person.name} personId={person.person_id} />
            </span>
            <p>{camera.isStarting ? t("door.cameraStarting") : t("door.cameraOff")}</p>
            {camera.isStarting && microphone.isStarting && (
              <p className={classes.ask}>{t("door.askPermission")}</p>
            )}
          </div>
        )}
        <div className={classes.switches}>
          <MicrophoneButton />
          <CameraButton />
        </div>
      </section>
      <MicrophoneMeter />
      {microphone.problem !== null && <DeviceProblem kind="microphone" problem={microphone.problem} />}
      {camera.problem !== null && camera.problem !== microphone.problem && (
        <DeviceProblem kind="camera" problem={camera.problem} />
      )}
    </div>
  );
}

function DeviceProblem({ kind, problem }: { kind: CaptureKind; problem: MediaProblem }) {
  const { t } = useTranslation();
  const session = useSession();
  const camera = useCapture("camera");
  const microphone = useCapture("microphone");
  const isBoth = camera.problem === microphone.problem;
  const retry = async () => {
    if (microphone.problem !== null) await session.local.microphone.turnOn();
    if (camera.problem !== null) await session.local.camera.turnOn();
    await session.local.refreshDevices();
  };
  return (
    <div className={classes.problem} role="status">
      <div>
        <strong>{t(`device.problem.${isBoth ? "both" : kind}.${problem}`)}</strong>
        <p>
          {deviceAdvice(t, problem, "button")} {t("device.joinAnyway")}
        </p>
      </div>
      {problem !== "insecure" && problem !== "unsupported" && (
        <Button variant="default" onClick={() => void retry()}>
          {t("page.tryAgain")}
        </Button>
      )}
    </div>
  );
}
