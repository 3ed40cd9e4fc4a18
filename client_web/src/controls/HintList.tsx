/** Short messages about devices, each until it is dismissed or old. */

import { ActionIcon } from "@mantine/core";
import type { TFunction } from "i18next";
import { X } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Hint } from "../session/hints";
import { useHints, useSession } from "../session/sessionContext";
import { deviceAdvice } from "./deviceAdvice";
import classes from "./HintList.module.css";

interface HintListProps {
  /** No more than the newest so many. */
  most: number;
}

export function HintList({ most }: HintListProps) {
  const { t } = useTranslation();
  const { hints } = useSession();
  const shown = useHints((state) => state.shown);
  return (
    <div role="status" className={classes.hints}>
      {shown.slice(-most).map(({ id, hint }) => (
        <div key={id} className={classes.hint}>
          <span>{hintText(t, hint)}</span>
          <ActionIcon
            size="md"
            color="dark"
            className={classes.dismiss}
            aria-label={t("room.dismiss")}
            onClick={() => hints.dismiss(id)}
          >
            <X size={18} />
          </ActionIcon>
        </div>
      ))}
    </div>
  );
}

function hintText(t: TFunction, hint: Hint): string {
  switch (hint.code) {
    case "replaced":
      return t(`hint.replaced.${hint.kind}`);
    case "switched":
      return t(`hint.switched.${hint.kind}`, { label: hint.label });
    case "device_failed": {
      const { kind, problem } = hint;
      const advice = deviceAdvice(t, problem, kind);
      return `${t(`device.problem.${kind}.${problem}`)}. ${advice}`;
    }
    case "no_webrtc":
    case "too_many_screens":
    case "screen_failed":
      return t(`hint.${hint.code}`);
  }
}
