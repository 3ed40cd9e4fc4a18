/** What is required of a pair, and how far each of it is: in words and as a bar. */

import { useTranslation } from "react-i18next";
import type { RequirementStatus } from "../protocol/generated";
import { dayRange, relativeDay, shortDay } from "./days";
import { minutesText } from "./durations";
import { shareOf } from "./progress";
import classes from "./Requirements.module.css";
import { StandingBadge } from "./Standing";
import { useCountedWords } from "./useCountedWords";

interface RequirementsProps {
  requirements: readonly RequirementStatus[];
  today: string;
}

export function Requirements({ requirements, today }: RequirementsProps) {
  return (
    <ul className={classes.list}>
      {requirements.map((requirement) => (
        <Requirement key={requirement.requirement_id} requirement={requirement} today={today} />
      ))}
    </ul>
  );
}

function Requirement({ requirement, today }: { requirement: RequirementStatus; today: string }) {
  const { i18n } = useTranslation();
  const { name, standing, first_day: first, last_day: last } = requirement;
  const { done, due } = useRequirementWords(requirement, today);
  const counted = useCountedWords(requirement);
  return (
    <li className={classes.requirement}>
      <p className={classes.name}>
        <span>{name}</span>
        <StandingBadge standing={standing} />
      </p>
      <div className={classes.bar} data-standing={standing} aria-hidden="true">
        <div className={classes.full} style={{ width: `${Math.round(shareOf(requirement) * 100)}%` }} />
      </div>
      <p className={classes.words}>
        <strong>{done}</strong>
        {due !== null && <span>{due}</span>}
        {first !== null && last !== null && (
          <span className={classes.period}>{dayRange(first, last, i18n.language)}</span>
        )}
      </p>
      {counted !== null && <p className={classes.counted}>{counted}</p>}
    </li>
  );
}

/** What is done of it, and what comes next until when, or what an earlier period has missed. */
export function useRequirementWords(
  { unit, done, needed, due_on: due, next_step: step, standing, shortfall }: RequirementStatus,
  today: string,
): { done: string; due: string | null } {
  const { t, i18n } = useTranslation();
  const { language } = i18n;
  const doneWords = (done: number, needed: number) => {
    switch (unit) {
      case "minutes":
        return t("hours.done.minutes", {
          done: minutesText(done, language),
          needed: minutesText(needed, language),
        });
      case "meetings":
        return t("hours.done.meetings", { done, count: needed });
      case "steps":
        return t("hours.done.steps", { done, count: needed });
      case "days":
        return t("hours.done.days", { count: done, needed });
    }
  };
  const dueWords = () => {
    if (shortfall !== null) {
      const { missing, first_day: first, last_day: last } = shortfall;
      return t("hours.due.missed", {
        left:
          unit === "minutes" ? minutesText(missing, language) : t("hours.due.meetings", { count: missing }),
        period: dayRange(first, last, language),
        done: doneWords(shortfall.done, shortfall.needed),
      });
    }
    if (due === null || standing === "met") return null;
    const day = shortDay(due, today, language);
    const relative = relativeDay(due, today, language);
    const isPast = due < today;
    if (step !== null) return t(isPast ? "hours.due.stepPast" : "hours.due.step", { step, day, relative });
    if (unit === "days") return t(isPast ? "hours.due.contactPast" : "hours.due.contact", { day, relative });
    if (unit === "minutes" && needed > done) {
      const left = minutesText(needed - done, language);
      return t(isPast ? "hours.due.minutesPast" : "hours.due.minutes", { left, day, relative });
    }
    return t(isPast ? "hours.due.otherPast" : "hours.due.other", { day, relative });
  };
  return { done: doneWords(done, needed), due: dueWords() };
}
