/** How much of the time was of which kind: the key to the colours of the weeks, too. */

import { useId } from "react";
import { useTranslation } from "react-i18next";
import type { ContactMinutes } from "../../protocol/generated";
import { ContactIcon } from "../contacts";
import { minutesText } from "../durations";
import chart from "./Chart.module.css";
import classes from "./ContactBars.module.css";
import { percents } from "./stack";
import { fillOf } from "./Textures";

const HEIGHT = 14;

export function ContactBars({ contacts }: { contacts: readonly ContactMinutes[] }) {
  const { t, i18n } = useTranslation();
  const titleId = useId();
  const sorted = [...contacts].sort((one, other) => other.credited_minutes - one.credited_minutes);
  const shares = percents(sorted.map(({ credited_minutes }) => credited_minutes));
  const most = sorted[0]?.credited_minutes ?? 0;
  const percentText = new Intl.NumberFormat(i18n.language, { style: "percent" });
  const numberText = new Intl.NumberFormat(i18n.language);
  return (
    <section className={chart.chart} aria-labelledby={titleId}>
      <h2 id={titleId} className={chart.title}>
        {t("programme.contacts.title")}
      </h2>
      {most === 0 ? (
        <p className={chart.none}>{t("programme.weeks.none")}</p>
      ) : (
        <div className={classes.part}>
          <table className={chart.table} aria-labelledby={titleId}>
            <thead>
              <tr>
                <th scope="col">{t("programme.contacts.kind")}</th>
                <td className={classes.barHead} />
                <th scope="col">{t("programme.contacts.time")}</th>
                <th scope="col" className={classes.share}>
                  {t("programme.contacts.share")}
                </th>
                <th scope="col" className={classes.entries}>
                  {t("programme.contacts.entries")}
                </th>
              </tr>
            </thead>
            <tbody>
              {sorted.map(({ contact_type: type, credited_minutes: minutes, entry_count: count }, index) => (
                <tr key={type}>
                  <th scope="row">
                    <span className={classes.kind}>
                      <ContactIcon type={type} /> {t(`hours.contact.${type}`)}
                    </span>
                  </th>
                  <td className={chart.bar}>
                    <svg width="100%" height={HEIGHT} aria-hidden="true">
                      <rect width={`${(minutes / most) * 100}%`} height={HEIGHT} rx="3" fill={fillOf(type)} />
                    </svg>
                  </td>
                  <td>{minutesText(minutes, i18n.language)}</td>
                  <td className={`${chart.quiet} ${classes.share}`}>
                    {percentText.format((shares[index] ?? 0) / 100)}
                  </td>
                  <td className={`${chart.quiet} ${classes.entries}`}>{numberText.format(count)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
