/** A plan's steps in their order: which are done, with what, and which are still to come. */

import { Anchor } from "@mantine/core";
import { AlarmClock, Circle, CircleCheck } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import type { PlanStep, RequirementStatus } from "../protocol/generated";
import { relativeDay, shortDay } from "./days";
import classes from "./Plan.module.css";
import { entryPath } from "./paths";
import { countsTheSame, useCountedWords } from "./useCountedWords";

interface PlanProps {
  plan: readonly PlanStep[];
  /** Of the same pair: what is said of a plan as a whole is not said again of its steps. */
  requirements: readonly RequirementStatus[];
  today: string;
}

export function Plan({ plan, requirements, today }: PlanProps) {
  const plans = requirements.filter(({ unit }) => unit === "steps");
  return (
    <ol className={classes.plan}>
      {plan.map((step, index) => (
        <Step
          // biome-ignore lint/suspicious/noArrayIndexKey: a plan's steps have no other name that is theirs alone
          key={index}
          step={step}
          today={today}
          hasOwnTerms={!plans.every((whole) => countsTheSame(whole, step))}
        />
      ))}
    </ol>
  );
}

interface StepProps {
  step: PlanStep;
  today: string;
  /** What ticks it is not what counts for its plan. */
  hasOwnTerms: boolean;
}

function Step({ step, today, hasOwnTerms }: StepProps) {
  const { t, i18n } = useTranslation();
  const counted = useCountedWords(step);
  const { name, due_on: due, done_on: done, entry_id: entryId } = step;
  const isLate = done === null && due < today;
  const Icon = done !== null ? CircleCheck : isLate ? AlarmClock : Circle;
  const short = (day: string) => shortDay(day, today, i18n.language);
  return (
    <li className={classes.step} data-late={isLate || undefined} data-done={done !== null || undefined}>
      <Icon size={18} aria-hidden="true" className={classes.icon} />
      <span>
        <span className={classes.name}>{name}</span>
        <span className={classes.when}>
          {done === null
            ? t(isLate ? "hours.plan.late" : "hours.plan.due", {
                day: short(due),
                relative: relativeDay(due, today, i18n.language),
              })
            : t("hours.plan.done", { day: short(done) })}
          {entryId !== null && (
            <>
              {" · "}
              <Anchor component={Link} href={entryPath(entryId)} className={classes.link}>
                {t("hours.plan.with")} <span className="visually-hidden">{name}</span>
              </Anchor>
            </>
          )}
        </span>
        {done === null && hasOwnTerms && counted !== null && (
          <span className={classes.counted}>{counted}</span>
        )}
      </span>
    </li>
  );
}
