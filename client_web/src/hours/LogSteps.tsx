/** Every step of an entry as it stands in the log: who, when, why, with its number and hash. */

import { useTranslation } from "react-i18next";
import type { LogStep } from "../protocol/generated";
import { dayAndTime } from "./days";
import { exactText, minutesText } from "./durations";
import classes from "./LogSteps.module.css";

interface LogStepsProps {
  steps: readonly LogStep[];
  timeZone: string;
}

export function LogSteps({ steps, timeZone }: LogStepsProps) {
  return (
    <ol className={classes.steps}>
      {steps.map((step) => (
        <Step key={step.number} step={step} timeZone={timeZone} />
      ))}
    </ol>
  );
}

function Step({ step, timeZone }: { step: LogStep; timeZone: string }) {
  const { t, i18n } = useTranslation();
  const { language } = i18n;
  const facts = [
    minutesText(step.credited_minutes, language),
    t(`hours.contact.${step.contact_type}`),
    ...(step.measured_ms === null
      ? []
      : [t("hours.log.measuredTime", { time: exactText(step.measured_ms, language) })]),
  ];
  return (
    <li className={classes.step}>
      <p className={classes.when}>
        <span className={classes.number}>{t("hours.log.number", { number: step.number })}</span>
        <time dateTime={new Date(step.at).toISOString()}>{dayAndTime(step.at, timeZone, language)}</time>
      </p>
      <div className={classes.what}>
        <p>
          <strong>{step.author?.name ?? t("hours.page.server")}</strong>{" "}
          {step.author !== null && <span className={classes.side}>{t(`hours.side.${step.side}`)}</span>}
          {" · "}
          {t(`hours.log.action.${step.action}`)}
        </p>
        <p className={classes.facts}>{facts.join(" · ")}</p>
        {step.text !== null && step.text !== "" && <p className={classes.text}>{step.text}</p>}
        <p className={classes.hash}>
          <span>{t("hours.log.hash")}</span> <code>{step.hash}</code>
        </p>
      </div>
    </li>
  );
}
