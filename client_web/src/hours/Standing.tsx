/** How far a pair is: a shape and a word, and a colour beside them. */

import { AlarmClock, CircleCheck, CircleDashed, Footprints, TriangleAlert } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Standing } from "../protocol/generated";
import classes from "./Standing.module.css";

const ICONS: Readonly<Record<Standing | "none", typeof CircleCheck>> = {
  met: CircleCheck,
  on_track: Footprints,
  at_risk: TriangleAlert,
  overdue: AlarmClock,
  none: CircleDashed,
};

interface StandingBadgeProps {
  /** `null`: nothing is required. */
  standing: Standing | null;
  /** There is no room for the word: it is still there for who does not see the shape. */
  isShort?: boolean;
}

export function StandingBadge({ standing, isShort = false }: StandingBadgeProps) {
  const { t } = useTranslation();
  const kind = standing ?? "none";
  const Icon = ICONS[kind];
  const word = t(`hours.standing.${kind}`);
  return (
    <span className={classes.badge} data-standing={kind} data-short={isShort || undefined}>
      <Icon size={isShort ? 14 : 16} aria-hidden="true" className={classes.icon} />
      {isShort ? <span className="visually-hidden">{word}</span> : word}
    </span>
  );
}
