/**
 * Which microphone, camera and speaker, as far as they are of use here; and a sound to try the speaker. Used at the door
 * and inside.
 */

import { Button, NativeSelect } from "@mantine/core";
import { Mic, Speaker, Video } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { DeviceKind } from "../media/deviceChoice";
import { playTestSound } from "../media/testSound";
import { useCapture, useDevices, useRoom, useSession } from "../session/sessionContext";
import { maySend } from "../state/roomState";
import classes from "./DeviceRows.module.css";

const ICONS = { microphone: Mic, camera: Video, speaker: Speaker } as const;

/** `hasLabels` where they stand among other settings; at the door, the icons say enough. */
export function DeviceRows({ hasLabels = false }: { hasLabels?: boolean }) {
  const { local } = useSession();
  const { lists, speakerId } = useDevices();
  const canSend = useRoom(maySend);
  const microphone = useCapture("microphone");
  const camera = useCapture("camera");
  const choose = (kind: DeviceKind, deviceId: string) => {
    const option = lists[kind].find((device) => device.deviceId === deviceId);
    if (option === undefined) return;
    if (kind === "speaker") local.chooseSpeaker(option);
    else void local[kind].choose(option);
  };
  const row = { hasLabel: hasLabels, onChange: choose };
  return (
    <div className={classes.rows}>
      {canSend && <DeviceRow kind="microphone" value={microphone.deviceId} {...row} />}
      {canSend && <DeviceRow kind="camera" value={camera.deviceId} {...row} />}
      <div className={classes.withButton}>
        <DeviceRow kind="speaker" value={speakerId} {...row} />
        <SpeakerTest speakerId={speakerId} />
      </div>
    </div>
  );
}

interface DeviceRowProps {
  kind: DeviceKind;
  value: string | null;
  hasLabel: boolean;
  onChange(kind: DeviceKind, deviceId: string): void;
}

function DeviceRow({ kind, value, hasLabel, onChange }: DeviceRowProps) {
  const { t } = useTranslation();
  const options = useDevices().lists[kind];
  const Icon = ICONS[kind];
  const name = t(`device.${kind}`);
  const data = options.map(({ deviceId, label }, index) => ({
    value: deviceId,
    label: label || t("device.unnamed", { number: index + 1 }),
  }));
  const isKnown = data.some((option) => option.value === value);
  return (
    <NativeSelect
      label={hasLabel ? name : null}
      aria-label={hasLabel ? undefined : name}
      leftSection={<Icon size={18} aria-hidden="true" />}
      value={isKnown ? (value ?? "") : ""}
      data={isKnown ? data : [{ value: "", label: t("device.default") }, ...data]}
      disabled={data.length === 0}
      onChange={(event) => onChange(kind, event.currentTarget.value)}
      className={classes.row}
    />
  );
}

function SpeakerTest({ speakerId }: { speakerId: string }) {
  const { t } = useTranslation();
  const [isPlaying, setPlaying] = useState(false);
  const play = () => {
    setPlaying(true);
    playTestSound(speakerId)
      .catch(() => undefined)
      .finally(() => setPlaying(false));
  };
  return (
    <Button variant="default" size="md" disabled={isPlaying} onClick={play} className={classes.test}>
      {isPlaying ? t("device.testing") : t("device.test")}
    </Button>
  );
}
