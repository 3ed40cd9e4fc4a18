/** A pair, and how far it is. */

import { Anchor } from "@mantine/core";
import { useCallback } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { fetchPair } from "../connection/hours";
import type { PairStatus } from "../protocol/generated";
import { usePoll } from "../shared/usePoll";
import { relativeDay, shortDay } from "./days";
import { minutesText } from "./durations";
import classes from "./PairCard.module.css";
import { pairPath } from "./paths";
import { Requirements } from "./Requirements";
import { isOf, otherIn } from "./readHours";
import { StandingBadge } from "./Standing";
import { useLeaveWords } from "./useLeaveWords";
import { WeekChart } from "./WeekChart";

const POLL_MS = 120_000;

interface PairCardProps {
  pair: PairStatus;
  today: string;
  ownId: string;
}

export function PairCard({ pair, today, ownId }: PairCardProps) {
  const { t } = useTranslation();
  const read = useCallback((signal: AbortSignal) => fetchPair(pair.pair_id, signal), [pair.pair_id]);
  const { value: detail } = usePoll(read, POLL_MS);
  return (
    <article className={classes.card} aria-labelledby={`pair-${pair.pair_id}`}>
      <header className={classes.head}>
        <h2 id={`pair-${pair.pair_id}`} className={classes.name}>
          <Anchor component={Link} href={pairPath(pair.pair_id)} className={classes.link}>
            {otherIn(pair, ownId)}
          </Anchor>
        </h2>
        <StandingBadge standing={pair.standing} />
      </header>
      <PairFacts pair={pair} today={today} ownId={ownId} />
      {pair.requirements.length > 0 && <Requirements requirements={pair.requirements} today={today} />}
      {detail !== null && <WeekChart weeks={detail.weeks} today={today} title={t("hours.chart.title")} />}
    </article>
  );
}

/** What is to be known of a pair beside what is required of it. */
export function PairFacts({ pair, today, ownId }: PairCardProps) {
  const { t, i18n } = useTranslation();
  const { language } = i18n;
  const leave = useLeaveWords(pair, ownId);
  const last = pair.last_contact_on;
  const other = ownId === pair.mentee.person_id ? "mentor" : "mentee";
  const asWhat = isOf(pair, ownId) ? other : "both";
  const facts = [
    t(`hours.kind.${pair.kind}.${asWhat}`),
    t(pair.starts_on > today ? "hours.pair.from" : "hours.pair.since", {
      day: shortDay(pair.starts_on, today, language),
    }),
    last === null
      ? t("hours.pair.noContact")
      : t("hours.pair.lastContact", {
          day: shortDay(last, today, language),
          relative: relativeDay(last, today, language),
        }),
    t("hours.pair.sum", { time: minutesText(pair.minutes_this_term, language) }),
    ...(pair.waiting_minutes > 0
      ? [t("hours.pair.waiting", { time: minutesText(pair.waiting_minutes, language) })]
      : []),
    ...(pair.disputed_count > 0 ? [t("hours.pair.disputed", { count: pair.disputed_count })] : []),
    ...(pair.ends_on === null
      ? []
      : [t("hours.pair.ends", { day: shortDay(pair.ends_on, today, language) })]),
  ];
  return (
    <>
      <p className={classes.facts}>{facts.join(" · ")}</p>
      {leave !== null && <p className={classes.leave}>{leave}</p>}
    </>
  );
}
