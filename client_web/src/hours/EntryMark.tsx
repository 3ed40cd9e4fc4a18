/** Where an entry stands: a shape and words. */

import { BadgeCheck, CheckCheck, CircleSlash, Clock, MessageCircleWarning } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { EntryState, HoursEntry } from "../protocol/generated";
import classes from "./EntryMark.module.css";
import { isWaiting } from "./steps";

const ICONS: Readonly<Record<EntryState, typeof Clock>> = {
  proposed: Clock,
  confirmed: CheckCheck,
  disputed: MessageCircleWarning,
  approved: BadgeCheck,
  withdrawn: CircleSlash,
};

export function EntryMark({ entry }: { entry: HoursEntry }) {
  const { t } = useTranslation();
  const Icon = ICONS[entry.state];
  const words = () => {
    if (entry.state !== "proposed") return t(`hours.state.${entry.state}`);
    if (isWaiting(entry)) return t("hours.waits.you");
    if (entry.is_confirmed_by_mentor) return t("hours.waits.one", { name: entry.mentee.name });
    if (entry.is_confirmed_by_mentee) return t("hours.waits.one", { name: entry.mentor.name });
    return t("hours.waits.both");
  };
  return (
    <span className={classes.mark} data-state={entry.state}>
      <Icon size={16} aria-hidden="true" className={classes.icon} />
      {words()}
    </span>
  );
}
