/** How many pairs stand how: a bar of four parts, and under it each with its number. */

import { useId } from "react";
import { useTranslation } from "react-i18next";
import type { Standing, StandingCount } from "../../protocol/generated";
import { STANDINGS } from "../filters";
import { StandingBadge } from "../Standing";
import classes from "./StandingBar.module.css";

interface StandingBarProps {
  standings: readonly StandingCount[];
  /** Only these are looked at. */
  chosen: Standing | undefined;
  onChoose(standing: Standing | undefined): void;
}

export function StandingBar({ standings, chosen, onChoose }: StandingBarProps) {
  const { t, i18n } = useTranslation();
  const titleId = useId();
  const number = new Intl.NumberFormat(i18n.language);
  const counts = STANDINGS.map((standing) => ({
    standing,
    count: standings.find((one) => one.standing === standing)?.pair_count ?? 0,
  }));
  return (
    <section className={classes.part} aria-labelledby={titleId}>
      <h2 id={titleId} className={classes.title}>
        {t("programme.standing.title")}
      </h2>
      <div className={classes.bar} aria-hidden="true">
        {counts
          .filter(({ count }) => count > 0)
          .map(({ standing, count }) => (
            <div
              key={standing}
              className={classes.piece}
              data-standing={standing}
              data-faded={(chosen !== undefined && chosen !== standing) || undefined}
              style={{ flexGrow: count }}
            />
          ))}
      </div>
      <ul className={classes.list}>
        {counts.map(({ standing, count }) => (
          <li key={standing}>
            <button
              type="button"
              className={classes.choice}
              aria-pressed={standing === chosen}
              disabled={count === 0 && standing !== chosen}
              onClick={() => onChoose(standing === chosen ? undefined : standing)}
            >
              <span className={classes.count}>{number.format(count)}</span>
              <StandingBadge standing={standing} />
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
