/** How long it takes until both have said yes. */

import { Circle, CircleDot, Triangle } from "lucide-react";
import { useId } from "react";
import { useTranslation } from "react-i18next";
import type { AnswerTimes } from "../../protocol/generated";
import { daysBetween, shortDay } from "../days";
import classes from "./AnswerScale.module.css";
import { DAY, marksFor, markText, placeOf, spanText } from "./answers";
import chart from "./Chart.module.css";

interface AnswerScaleProps {
  answers: AnswerTimes;
  today: string;
}

const percent = (share: number) => `${Math.round(share * 1_000) / 10}%`;

export function AnswerScale({ answers, today }: AnswerScaleProps) {
  const { t, i18n } = useTranslation();
  const { language } = i18n;
  const titleId = useId();
  const { median_hours: median, slow_hours: slow, open_count: open, oldest_open_on: oldest } = answers;
  const oldestHours = oldest === null ? null : Math.max(0, daysBetween(oldest, today)) * DAY;
  const marks = marksFor(Math.max(slow ?? 0, oldestHours ?? 0));
  const isKnown = median !== null && slow !== null;
  return (
    <section className={chart.chart} aria-labelledby={titleId}>
      <h2 id={titleId} className={chart.title}>
        {t("programme.answers.title")}
      </h2>
      <p className={chart.about}>{t("programme.answers.about")}</p>
      {(isKnown || oldestHours !== null) && (
        <div className={classes.scale} aria-hidden="true">
          <svg width="100%" height="34" aria-hidden="true" className={classes.drawn}>
            <line className={classes.line} x1="0" x2="100%" y1="17" y2="17" />
            {marks.map((mark) => (
              <line
                key={mark}
                className={classes.mark}
                x1={percent(placeOf(mark, marks))}
                x2={percent(placeOf(mark, marks))}
                y1="11"
                y2="23"
              />
            ))}
            {isKnown && (
              <>
                <line
                  className={classes.span}
                  x1={percent(placeOf(median, marks))}
                  x2={percent(placeOf(slow, marks))}
                  y1="17"
                  y2="17"
                />
                <circle className={classes.median} cx={percent(placeOf(median, marks))} cy="17" r="8" />
                <circle className={classes.slow} cx={percent(placeOf(slow, marks))} cy="17" r="7" />
              </>
            )}
            {oldestHours !== null && (
              <svg
                x={percent(placeOf(oldestHours, marks))}
                y="17"
                aria-hidden="true"
                className={classes.drawn}
              >
                <path className={classes.oldest} d="M0,-9 L9,7 L-9,7 Z" />
              </svg>
            )}
          </svg>
          <div className={classes.words}>
            {marks.map((mark) => (
              <span key={mark} style={{ left: percent(placeOf(mark, marks)) }}>
                {markText(mark, language)}
              </span>
            ))}
          </div>
        </div>
      )}
      <dl className={classes.list}>
        {isKnown && (
          <>
            <div>
              <dt>
                <CircleDot size={16} aria-hidden="true" className={classes.medianIcon} />{" "}
                {t("programme.answers.median")}
              </dt>
              <dd>{t("programme.answers.within", { time: spanText(median, language) })}</dd>
            </div>
            <div>
              <dt>
                <Circle size={16} aria-hidden="true" /> {t("programme.answers.slow")}
              </dt>
              <dd>{t("programme.answers.within", { time: spanText(slow, language) })}</dd>
            </div>
          </>
        )}
        <div>
          <dt>
            <Triangle size={16} aria-hidden="true" className={classes.oldestIcon} />{" "}
            {t("programme.answers.openLabel")}
          </dt>
          <dd>
            {oldest === null || open === 0
              ? t("programme.answers.openNone")
              : t("programme.answers.open", { count: open, day: shortDay(oldest, today, language) })}
          </dd>
        </div>
      </dl>
      {!isKnown && <p className={chart.none}>{t("programme.answers.none")}</p>}
    </section>
  );
}
