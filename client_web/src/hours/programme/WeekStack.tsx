/** Hours by week, by kind of contact: a week that is chosen is looked at more closely. */

import { type KeyboardEvent, useId, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { HoursWeek } from "../../protocol/generated";
import { addDays, dayRange, monthOf } from "../days";
import { minutesText } from "../durations";
import axes from "../WeekAxes.module.css";
import { minutesOf, monthMarks, scaleFor } from "../weekBars";
import chart from "./Chart.module.css";
import { stackOf } from "./stack";
import { fillOf, Swatch } from "./Textures";
import classes from "./WeekStack.module.css";

interface WeekStackProps {
  /** Oldest first, without a gap. */
  weeks: readonly HoursWeek[];
  /** The Monday of the chosen one. */
  chosen: string | undefined;
  onChoose(monday: string | undefined): void;
}

/** So much of a week's place is its bar. */
const BAR_SHARE = 0.74;

const percent = (share: number) => `${Math.round(share * 100_000) / 1_000}%`;

export function WeekStack({ weeks, chosen, onChoose }: WeekStackProps) {
  const { t, i18n } = useTranslation();
  const ids = { title: useId(), hint: useId() };
  const { language } = i18n;
  const minutes = weeks.map(({ contacts }) => minutesOf(contacts));
  const most = Math.max(0, ...minutes);
  if (most === 0) {
    return (
      <section className={chart.chart} aria-labelledby={ids.title}>
        <h2 id={ids.title} className={chart.title}>
          {t("programme.weeks.title")}
        </h2>
        <p className={chart.none}>{t("programme.weeks.none")}</p>
      </section>
    );
  }
  const { top, lines } = scaleFor(most);
  return (
    <figure className={`${chart.chart} ${classes.weeks}`} aria-labelledby={ids.title}>
      <figcaption>
        <h2 id={ids.title} className={chart.title}>
          {t("programme.weeks.title")}
        </h2>
        <p id={ids.hint} className={`${chart.about} ${classes.hint}`}>
          {t("programme.weeks.hint")} <span className="visually-hidden">{t("programme.weeks.keys")}</span>
        </p>
      </figcaption>
      <div className={axes.frame}>
        <div className={`${axes.scale} ${classes.scale}`} aria-hidden="true">
          {lines.map((line) => (
            <span key={line} className={axes.tick} style={{ top: percent(1 - line / top) }}>
              {minutesText(line, language)}
            </span>
          ))}
        </div>
        <div>
          <div className={classes.field}>
            <Bars weeks={weeks} top={top} lines={lines} chosen={chosen} />
            <Choices weeks={weeks} chosen={chosen} hintId={ids.hint} onChoose={onChoose} />
          </div>
          <div className={axes.months} aria-hidden="true">
            {monthMarks(weeks, Math.ceil(weeks.length / 10)).map(({ index, day }) => (
              <span key={day} style={{ left: percent(index / weeks.length) }}>
                {monthOf(day, language)}
              </span>
            ))}
          </div>
        </div>
      </div>
      <WeekTable weeks={weeks} />
    </figure>
  );
}

interface BarsProps {
  weeks: readonly HoursWeek[];
  top: number;
  lines: readonly number[];
  chosen: string | undefined;
}

function Bars({ weeks, top, lines, chosen }: BarsProps) {
  const { t, i18n } = useTranslation();
  const ids = { title: useId(), about: useId() };
  const minutes = weeks.map(({ contacts }) => minutesOf(contacts));
  const sum = minutes.reduce((one, other) => one + other, 0);
  const y = (value: number) => percent(1 - value / top);
  return (
    <svg
      className={axes.bars}
      width="100%"
      height="100%"
      role="img"
      aria-labelledby={ids.title}
      aria-describedby={ids.about}
    >
      <title id={ids.title}>{t("programme.weeks.title")}</title>
      <desc id={ids.about}>
        {t("hours.chart.about", {
          count: weeks.length,
          sum: minutesText(sum, i18n.language),
          most: minutesText(Math.max(0, ...minutes), i18n.language),
        })}
      </desc>
      {lines.map((line) => (
        <line key={line} className={axes.line} x1="0" x2="100%" y1={y(line)} y2={y(line)} />
      ))}
      {weeks.map(({ first_day, contacts }, index) => (
        <g
          key={first_day}
          className={classes.bar}
          data-faded={(chosen !== undefined && chosen !== first_day) || undefined}
        >
          {stackOf(contacts).map(({ type, minutes: height, from }) => (
            <rect
              key={type}
              className={classes.piece}
              fill={fillOf(type)}
              x={percent((index + (1 - BAR_SHARE) / 2) / weeks.length)}
              width={percent(BAR_SHARE / weeks.length)}
              y={y(from + height)}
              height={percent(height / top)}
            />
          ))}
        </g>
      ))}
      <line className={axes.ground} x1="0" x2="100%" y1="100%" y2="100%" />
    </svg>
  );
}

interface ChoicesProps {
  weeks: readonly HoursWeek[];
  chosen: string | undefined;
  hintId: string;
  onChoose(monday: string | undefined): void;
}

/** A button over each bar; one of them is reached by Tab, and the others from there by arrow keys. */
function Choices({ weeks, chosen, hintId, onChoose }: ChoicesProps) {
  const { t, i18n } = useTranslation();
  const { language } = i18n;
  const group = useRef<HTMLFieldSetElement>(null);
  const [looked, setLooked] = useState<number | null>(null);
  const place = weeks.findIndex(({ first_day }) => first_day === chosen);
  const [reached, setReached] = useState<number | null>(null);
  const home = Math.min(reached ?? (place === -1 ? weeks.length - 1 : place), weeks.length - 1);
  const words = (week: HoursWeek) => {
    const parts = stackOf(week.contacts).map(
      ({ type, minutes }) => `${t(`hours.contact.${type}`)} ${minutesText(minutes, language)}`,
    );
    return [`${weekText(week, language)}: ${minutesText(minutesOf(week.contacts), language)}`, ...parts].join(
      ", ",
    );
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const steps: Record<string, number> = {
      ArrowLeft: home - 1,
      ArrowRight: home + 1,
      Home: 0,
      End: weeks.length - 1,
    };
    const next = steps[event.key];
    if (event.key === "Escape") setLooked(null);
    if (next === undefined || next < 0 || next >= weeks.length) return;
    event.preventDefault();
    setReached(next);
    group.current?.querySelectorAll("button")[next]?.focus();
  };
  const seen = looked === null ? undefined : weeks[looked];
  return (
    <>
      <fieldset
        ref={group}
        className={classes.choices}
        aria-describedby={hintId}
        onKeyDown={onKeyDown}
        onMouseLeave={() => setLooked(null)}
      >
        <legend className="visually-hidden">{t("programme.weeks.title")}</legend>
        {weeks.map((week, index) => (
          <button
            key={week.first_day}
            type="button"
            className={classes.choice}
            tabIndex={index === home ? 0 : -1}
            aria-pressed={week.first_day === chosen}
            aria-label={words(week)}
            onClick={() => onChoose(week.first_day === chosen ? undefined : week.first_day)}
            onMouseEnter={() => setLooked(index)}
            onFocus={() => {
              setReached(index);
              setLooked(index);
            }}
            onBlur={() => setLooked(null)}
          />
        ))}
      </fieldset>
      {seen !== undefined && looked !== null && (
        <div
          className={classes.figures}
          aria-hidden="true"
          style={
            looked < weeks.length / 2
              ? { left: percent((looked + 1) / weeks.length) }
              : { right: percent(1 - looked / weeks.length) }
          }
        >
          <p className={classes.figuresTitle}>{weekText(seen, language)}</p>
          <p className={classes.figuresSum}>{minutesText(minutesOf(seen.contacts), language)}</p>
          {[...stackOf(seen.contacts)].reverse().map(({ type, minutes }) => (
            <p key={type} className={classes.figure}>
              <Swatch type={type} /> <span>{t(`hours.contact.${type}`)}</span>
              <span>{minutesText(minutes, language)}</span>
            </p>
          ))}
        </div>
      )}
    </>
  );
}

function WeekTable({ weeks }: { weeks: readonly HoursWeek[] }) {
  const { t, i18n } = useTranslation();
  const { language } = i18n;
  return (
    <div className="visually-hidden">
      <table>
        <caption>{t("programme.weeks.title")}</caption>
        <thead>
          <tr>
            <th scope="col">{t("hours.chart.week")}</th>
            <th scope="col">{t("hours.chart.time")}</th>
            <th scope="col">{t("hours.chart.contacts")}</th>
          </tr>
        </thead>
        <tbody>
          {weeks.map((week) => (
            <tr key={week.first_day}>
              <th scope="row">{weekText(week, language)}</th>
              <td>{minutesText(minutesOf(week.contacts), language)}</td>
              <td>
                {stackOf(week.contacts)
                  .map(
                    ({ type, minutes }) => `${t(`hours.contact.${type}`)} ${minutesText(minutes, language)}`,
                  )
                  .join(", ")}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const weekText = ({ first_day }: HoursWeek, language: string): string =>
  dayRange(first_day, addDays(first_day, 6), language);
