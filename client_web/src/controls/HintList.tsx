/** Short messages about devices, each until it is dismissed or old. */

import { ActionIcon } from "@mantine/core";
import type { TFunction } from "i18next";
import { X } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Hint } from "../session/hints";
import { useHints, useSession } from "../session/sessionContext";
import { browserFamily } from "../shared/browserFamily";
import classes from "./HintList.module.css";

export function HintList() {
  const { t } = useTranslation();
  const { hints } = useSession();
  const shown = useHints((state) => state.shown);
  return (
    <div role="status" className={classes.hints}>
      {shown.map(({ id, hint }) => (
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
      const advice =
        problem === "denied" ? t(`device.advice.denied.${browserFamily()}`) : t(`device.advice.${problem}`);
      return `${t(`device.problem.${kind}.${problem}`)}. ${advice}`;
    }
    case "no_webrtc":
      return t("hint.no_webrtc");
  }
}
