/** On the home page: what waits for one's word, and how far one is. Loaded when there is something. */

import { Anchor } from "@mantine/core";
import { ArrowRight } from "lucide-react";
import { useId } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import type { HoursHome, PairStatus } from "../protocol/generated";
import { minutesText } from "./durations";
import { STANDINGS } from "./filters";
import classes from "./HoursCard.module.css";
import { HOURS_PATH } from "./paths";
import { byNeed, worstOf } from "./progress";
import { useRequirementWords } from "./Requirements";
import { otherIn, sortPairs } from "./readHours";
import { StandingBadge } from "./Standing";
import { useHoursTexts } from "./texts";
import { WaitingList } from "./WaitingList";

interface HoursCardProps {
  hours: HoursHome;
  ownId: string;
  /** What is shown is older than the log. */
  onChanged(): void;
}

export default function HoursCard(props: HoursCardProps) {
  useHoursTexts();
  const { t } = useTranslation();
  const titleId = useId();
  const { hours, ownId, onChanged } = props;
  const { few, caseload } = sortPairs(hours.pairs, ownId);
  const [worst] = [...few].sort(byNeed);
  return (
    <section className={classes.card} aria-labelledby={titleId}>
      <div className={classes.head}>
        <h2 id={titleId} className={classes.title}>
          {t("hours.title")}
        </h2>
        <Anchor component={Link} href={HOURS_PATH} className={classes.way}>
          {t("hours.all")} <ArrowRight size={18} aria-hidden="true" />
        </Anchor>
      </div>
      {worst !== undefined && <PairLine pair={worst} today={hours.today} ownId={ownId} />}
      {caseload.length > 0 && <CaseloadLine caseload={caseload} />}
      <WaitingList
        listed={hours.waiting}
        hasMore={hours.has_more_waiting}
        today={hours.today}
        ownId={ownId}
        onChanged={onChanged}
      />
    </section>
  );
}

interface PairLineProps {
  pair: PairStatus;
  today: string;
  ownId: string;
}

/** How far one is with whom it stands worst, and with what. */
function PairLine({ pair, today, ownId }: PairLineProps) {
  const next = worstOf(pair.requirements);
  return (
    <p className={classes.line}>
      <StandingBadge standing={pair.standing} />
      <span>
        <strong>{otherIn(pair, ownId)}</strong>
        {next !== null && <NextWords requirement={next} today={today} />}
        {pair.waiting_minutes > 0 && <OpenWords minutes={pair.waiting_minutes} />}
      </span>
    </p>
  );
}

/** What is not confirmed by both, also where one has said yes already. */
function OpenWords({ minutes }: { minutes: number }) {
  const { t, i18n } = useTranslation();
  const time = minutesText(minutes, i18n.language);
  return <span className={classes.next}> · {t("hours.pair.waiting", { time })}</span>;
}

function NextWords({
  requirement,
  today,
}: {
  requirement: PairStatus["requirements"][number];
  today: string;
}) {
  const { done, due } = useRequirementWords(requirement, today);
  return <span className={classes.next}> · {due ?? done}</span>;
}

/** How many of one's mentees stand how. */
function CaseloadLine({ caseload }: { caseload: readonly PairStatus[] }) {
  const { t } = useTranslation();
  return (
    <p className={classes.line}>
      <strong>{t("hours.mentees", { count: caseload.length })}</strong>
      {STANDINGS.map((standing) => {
        const count = caseload.filter((pair) => pair.standing === standing).length;
        return count === 0 ? null : (
          <span key={standing} className={classes.count}>
            {count} <StandingBadge standing={standing} />
          </span>
        );
      })}
    </p>
  );
}
