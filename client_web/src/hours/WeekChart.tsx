/** Hours by week as bars; who cannot see them reads a table. */

import { useId } from "react";
import { useTranslation } from "react-i18next";
import type { HoursWeek } from "../protocol/generated";
import { addDays, dayRange, monthOf } from "./days";
import { minutesText } from "./durations";
import axes from "./WeekAxes.module.css";
import classes from "./WeekChart.module.css";
import { minutesOf, monthMarks, scaleFor } from "./weekBars";

interface WeekChartProps {
  weeks: readonly HoursWeek[];
  /** The week that it is in is not over. */
  today: string;
  title: string;
  /** Bars high, in pixels. */
  height?: number;
}

/** So much of a week's place is its bar. */
const BAR_SHARE = 0.68;

export function WeekChart({ weeks, today, title, height = 112 }: WeekChartProps) {
  const { t, i18n } = useTranslation();
  const ids = { title: useId(), about: useId() };
  const { language } = i18n;
  const minutes = weeks.map(({ contacts }) => minutesOf(contacts));
  const most = Math.max(0, ...minutes);
  if (weeks.length === 0 || most === 0) return null;
  const { top, lines } = scaleFor(most);
  const sum = minutes.reduce((one, other) => one + other, 0);
  const percent = (share: number) => `${Math.round(share * 100_000) / 1_000}%`;
  const y = (value: number) => percent(1 - value / top);
  const isOpen = ({ first_day }: HoursWeek) => first_day <= today && today <= addDays(first_day, 6);
  return (
    <figure className={classes.chart}>
      <figcaption className={classes.title}>{title}</figcaption>
      <div className={axes.frame}>
        <div className={axes.scale} style={{ height }} aria-hidden="true">
          {lines.map((line) => (
            <span key={line} className={axes.tick} style={{ top: y(line) }}>
              {minutesText(line, language)}
            </span>
          ))}
        </div>
        <div>
          <svg
            className={axes.bars}
            width="100%"
            height={height}
            role="img"
            aria-labelledby={ids.title}
            aria-describedby={ids.about}
          >
            <title id={ids.title}>{title}</title>
            <desc id={ids.about}>
              {t("hours.chart.about", {
                count: weeks.length,
                sum: minutesText(sum, language),
                most: minutesText(most, language),
              })}
            </desc>
            {lines.map((line) => (
              <line key={line} className={axes.line} x1="0" x2="100%" y1={y(line)} y2={y(line)} />
            ))}
            {weeks.map((week, index) => (
              <g key={week.first_day}>
                <title>{`${dayRange(week.first_day, addDays(week.first_day, 6), language)}: ${minutesText(minutes[index] ?? 0, language)}`}</title>
                <rect
                  className={classes.place}
                  x={percent(index / weeks.length)}
                  width={percent(1 / weeks.length)}
                  y="0"
                  height="100%"
                />
                <rect
                  className={classes.bar}
                  data-open={isOpen(week) || undefined}
                  x={percent((index + (1 - BAR_SHARE) / 2) / weeks.length)}
                  width={percent(BAR_SHARE / weeks.length)}
                  y={y(minutes[index] ?? 0)}
                  height={percent((minutes[index] ?? 0) / top)}
                  rx="2"
                />
              </g>
            ))}
            <line className={axes.ground} x1="0" x2="100%" y1="100%" y2="100%" />
          </svg>
          <div className={axes.months} aria-hidden="true">
            {monthMarks(weeks, Math.ceil(weeks.length / 9)).map(({ index, day }) => (
              <span key={day} style={{ left: percent(index / weeks.length) }}>
                {monthOf(day, language)}
              </span>
            ))}
          </div>
        </div>
      </div>
      <div className="visually-hidden">
        <table>
          <caption>{title}</caption>
          <thead>
            <tr>
              <th scope="col">{t("hours.chart.week")}</th>
              <th scope="col">{t("hours.chart.time")}</th>
              <th scope="col">{t("hours.chart.contacts")}</th>
            </tr>
          </thead>
          <tbody>
            {weeks.map((week, index) => (
              <tr key={week.first_day}>
                <th scope="row">{dayRange(week.first_day, addDays(week.first_day, 6), language)}</th>
                <td>{minutesText(minutes[index] ?? 0, language)}</td>
                <td>
                  {week.contacts
                    .map(
                      ({ contact_type, credited_minutes }) =>
                        `${t(`hours.contact.${contact_type}`)} ${minutesText(credited_minutes, language)}`,
                    )
                    .join(", ")}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </figure>
  );
}
