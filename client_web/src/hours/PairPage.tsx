/** `/hours/pairs/ID`: one pair, how far it is, what its plan asks for, and what stands in the log of it. */

import { Anchor, Button } from "@mantine/core";
import { Printer } from "lucide-react";
import { useCallback, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { fetchPair } from "../connection/hours";
import type { PairDetail } from "../protocol/generated";
import { LoadingPage, Page } from "../shared/Page";
import { usePageTitle } from "../shared/usePageTitle";
import { usePoll } from "../shared/usePoll";
import { AddEntry } from "./AddEntry";
import { HoursProblem } from "./HoursProblem";
import { Log } from "./Log";
import { PairFacts } from "./PairCard";
import classes from "./PairPage.module.css";
import { Plan } from "./Plan";
import { HOURS_PATH, PROGRAMME_PATH } from "./paths";
import { Requirements } from "./Requirements";
import { createReader, isOf, type OwnHours } from "./readHours";
import { StandingBadge } from "./Standing";
import { TakeAlong } from "./TakeAlong";
import { WeekChart } from "./WeekChart";

const POLL_MS = 60_000;

interface PairView {
  own: OwnHours;
  detail: PairDetail;
}

export function PairPage({ pairId }: { pairId: string }) {
  const { t } = useTranslation();
  const [readOwn] = useState(createReader);
  const read = useCallback(
    async (signal: AbortSignal): Promise<PairView> => {
      const [own, detail] = await Promise.all([readOwn(signal), fetchPair(pairId, signal)]);
      return { own, detail };
    },
    [readOwn, pairId],
  );
  const { value, problem, retry } = usePoll(read, POLL_MS);
  const status = value?.detail.status;
  const title = status && t("hours.theTwo", { mentor: status.mentor.name, mentee: status.mentee.name });
  usePageTitle(`${title ?? t("hours.title")} · ${t("app.name")}`);
  if (value === null) {
    return problem === null ? <LoadingPage /> : <HoursProblem problem={problem} onRetry={retry} />;
  }
  return <Pair view={value} title={title ?? ""} onChanged={retry} />;
}

function Pair({ view, title, onChanged }: { view: PairView; title: string; onChanged(): void }) {
  const { t } = useTranslation();
  const { own, detail } = view;
  const { me, hours } = own;
  const { status, today, plan, weeks } = detail;
  const isOwn = isOf(status, me.person_id);
  const [added, setAdded] = useState(0);
  return (
    <Page>
      <div className={classes.pair}>
        <header className={classes.head}>
          <div>
            <Anchor component={Link} href={isOwn ? HOURS_PATH : PROGRAMME_PATH} className={classes.way}>
              {t(isOwn ? "hours.title" : "home.programme")}
            </Anchor>
            <h1>{title}</h1>
            <div className={classes.facts}>
              <PairFacts pair={status} today={today} ownId={me.person_id} />
            </div>
          </div>
          <div className={classes.tools}>
            <AddEntry
              pairs={[status]}
              today={today}
              ownId={me.person_id}
              onAdded={() => {
                setAdded((count) => count + 1);
                onChanged();
              }}
            />
            <Button variant="subtle" leftSection={<Printer size={18} />} onClick={() => print()}>
              {t("hours.print")}
            </Button>
          </div>
        </header>
        <section className={classes.part} aria-labelledby="pair-standing">
          <h2 id="pair-standing" className={classes.title}>
            {t("hours.page.standing")} <StandingBadge standing={status.standing} />
          </h2>
          {status.requirements.length === 0 ? (
            <p className={classes.none}>{t("hours.page.noRules")}</p>
          ) : (
            <Requirements requirements={status.requirements} today={today} />
          )}
        </section>
        <div className={classes.side}>
          <section className={classes.part} aria-labelledby="pair-weeks">
            <h2 id="pair-weeks" className={classes.title}>
              {t("hours.chart.title")}
            </h2>
            <WeekChart weeks={weeks} today={today} title={t("hours.chart.credited")} height={140} />
          </section>
          {plan.length > 0 && (
            <section className={classes.part} aria-labelledby="pair-plan">
              <h2 id="pair-plan" className={classes.title}>
                {t("hours.plan.title")}
              </h2>
              <Plan plan={plan} requirements={status.requirements} today={today} />
            </section>
          )}
        </div>
        <div className={classes.log}>
          <Log key={added} pairs={[]} only={status} hours={hours} me={me} onChanged={onChanged} />
        </div>
        {me.role === "coordinator" && (
          <TakeAlong people={[status.mentor, status.mentee]} hours={hours} ownId={me.person_id} />
        )}
      </div>
    </Page>
  );
}
