/** Camera, no camera, or listen only: three ways to come in, each as good as the others. */

import { SegmentedControl } from "@mantine/core";
import { Ear, Mic, Video } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useCapture, useSession } from "../session/sessionContext";
import classes from "./JoinWays.module.css";

type Way = "withCamera" | "withoutCamera" | "listenOnly";

const WAYS = [
  { way: "withCamera", Icon: Video },
  { way: "withoutCamera", Icon: Mic },
  { way: "listenOnly", Icon: Ear },
] as const;

export function JoinWays() {
  const { t } = useTranslation();
  const { local } = useSession();
  const camera = useCapture("camera");
  const microphone = useCapture("microphone");
  const hasMicrophone = microphone.track !== null || microphone.isStarting;
  const way: Way = camera.isOn ? "withCamera" : hasMicrophone ? "withoutCamera" : "listenOnly";

  const choose = (next: Way) => {
    if (next === "listenOnly") local.microphone.release();
    else if (!hasMicrophone) void local.microphone.turnOn().then(() => local.refreshDevices());
    if (next === "withCamera") void local.camera.turnOn().then(() => local.refreshDevices());
    else local.camera.turnOff();
  };

  return (
    <div>
      <SegmentedControl
        fullWidth
        size="md"
        aria-label={t("door.way")}
        value={way}
        onChange={(value) => choose(value as Way)}
        data={WAYS.map(({ way: value, Icon }) => ({
          value,
          label: (
            <span className={classes.way}>
              <Icon size={18} aria-hidden="true" />
              {t(`door.ways.${value}`)}
            </span>
          ),
        }))}
      />
      <p className={classes.note}>{t(`door.wayNotes.${way}`)}</p>
    </div>
  );
}
