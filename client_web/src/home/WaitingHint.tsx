/** On a phone, and where there are many rooms, the hours are only seen below them: that something waits there is said at the top. */

import { ArrowDown } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { HoursHome } from "../protocol/generated";
import classes from "./HomePage.module.css";

/** Where the hours are on the home page. */
export const HOURS_ID = "hours";

export function WaitingHint({ hours: { waiting, has_more_waiting } }: { hours: HoursHome }) {
  const { t } = useTranslation();
  if (waiting.length === 0) return null;
  return (
    <a href={`#${HOURS_ID}`} className={classes.hint}>
      {t("home.waits", { count: waiting.length, more: has_more_waiting ? "+" : "" })}
      <ArrowDown size={16} aria-hidden="true" />
    </a>
  );
}
