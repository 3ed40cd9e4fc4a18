/** Which mentors have pairs that are overdue or at risk. */

import { useId } from "react";
import { useTranslation } from "react-i18next";
import type { PairSummary } from "../../protocol/generated";
import { StandingBadge } from "../Standing";
import chart from "./Chart.module.css";
import { needByMentor } from "./mentors";
import classes from "./NeedyMentors.module.css";

const SHOWN = 6;
const HEIGHT = 14;

interface NeedyMentorsProps {
  pairs: readonly PairSummary[];
  onChoose(personId: string): void;
}

export function NeedyMentors({ pairs, onChoose }: NeedyMentorsProps) {
  const { t } = useTranslation();
  const titleId = useId();
  const needs = needByMentor(pairs);
  const most = Math.max(1, ...needs.map(({ overdue, atRisk }) => overdue + atRisk));
  const rest = needs.length - SHOWN;
  return (
    <section className={chart.chart} aria-labelledby={titleId}>
      <h2 id={titleId} className={chart.title}>
        {t("programme.mentors.title")}
      </h2>
      {needs.length === 0 ? (
        <p className={chart.none}>{t("programme.mentors.none")}</p>
      ) : (
        <table className={`${chart.table} ${classes.table}`} aria-labelledby={titleId}>
          <thead>
            <tr>
              <th scope="col" className={classes.person}>
                {t("programme.mentors.mentor")}
              </th>
              <td className={classes.barHead} />
              <th scope="col" className={classes.number}>
                <StandingBadge standing="overdue" isShort />
              </th>
              <th scope="col" className={classes.number}>
                <StandingBadge standing="at_risk" isShort />
              </th>
            </tr>
          </thead>
          <tbody>
            {needs.slice(0, SHOWN).map(({ mentor, overdue, atRisk }) => (
              <tr key={mentor.person_id}>
                <th scope="row" className={classes.name}>
                  <button
                    type="button"
                    className={classes.choose}
                    aria-label={t("programme.mentors.only", { name: mentor.name })}
                    onClick={() => onChoose(mentor.person_id)}
                  >
                    {mentor.name}
                  </button>
                </th>
                <td className={chart.bar}>
                  <svg width="100%" height={HEIGHT} aria-hidden="true">
                    <rect className={classes.overdue} width={`${(overdue / most) * 100}%`} height={HEIGHT} />
                    <rect
                      className={classes.atRisk}
                      x={`${(overdue / most) * 100}%`}
                      width={`${(atRisk / most) * 100}%`}
                      height={HEIGHT}
                    />
                  </svg>
                </td>
                <td>{overdue}</td>
                <td>{atRisk}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {rest > 0 && (
        <p className={`${chart.none} ${classes.rest}`}>{t("programme.mentors.rest", { count: rest })}</p>
      )}
    </section>
  );
}
