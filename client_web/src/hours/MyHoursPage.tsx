/** `/hours`: how far one is with everybody, and what stands in the log. */

import { Anchor, Button } from "@mantine/core";
import { Printer } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { LoadingPage, Page } from "../shared/Page";
import { useIsWide } from "../shared/useIsWide";
import { usePageTitle } from "../shared/usePageTitle";
import { usePoll } from "../shared/usePoll";
import { AddEntry } from "./AddEntry";
import { Caseload } from "./Caseload";
import { dayRange, fullDay } from "./days";
import { HoursProblem } from "./HoursProblem";
import { Log } from "./Log";
import classes from "./MyHoursPage.module.css";
import { PairCard } from "./PairCard";
import { PROGRAMME_PATH } from "./paths";
import { createReader, type OwnHours, sortPairs } from "./readHours";
import { TakeAlong } from "./TakeAlong";

const POLL_MS = 60_000;

export function MyHoursPage() {
  const { t } = useTranslation();
  const [read] = useState(createReader);
  const { value, problem, retry } = usePoll(read, POLL_MS);
  usePageTitle(`${t("hours.title")} · ${t("app.name")}`);
  if (value === null) {
    return problem === null ? <LoadingPage /> : <HoursProblem problem={problem} onRetry={retry} />;
  }
  return <MyHours own={value} onChanged={retry} />;
}

function MyHours({ own, onChanged }: { own: OwnHours; onChanged(): void }) {
  const { t, i18n } = useTranslation();
  const { me, hours } = own;
  const { few, caseload } = sortPairs(hours.pairs, me.person_id);
  const [added, setAdded] = useState(0);
  const tools = (
    <>
      {hours.pairs.length > 0 && (
        <AddEntry
          pairs={[...few, ...caseload]}
          today={hours.today}
          ownId={me.person_id}
          onAdded={() => {
            setAdded((count) => count + 1);
            onChanged();
          }}
        />
      )}
      <Button variant="subtle" leftSection={<Printer size={18} />} onClick={() => print()}>
        {t("hours.print")}
      </Button>
    </>
  );
  // All of the screen is for the mentees; on a phone the head has no room.
  const isWide = useIsWide();
  const isMany = caseload.length > 0;
  return (
    <Page aside={isMany && isWide && <div className={classes.tools}>{tools}</div>}>
      <div className={classes.hours} data-many={isMany || undefined}>
        {isMany && !isWide && <div className={classes.tools}>{tools}</div>}
        {isMany ? (
          <Caseload pairs={caseload} today={hours.today} ownId={me.person_id} />
        ) : (
          <header className={classes.head}>
            <div>
              <h1>{t("hours.title")}</h1>
              <p className={classes.lead}>
                <span className={classes.printed}>{me.name} · </span>
                {hours.term === null
                  ? fullDay(hours.today, i18n.language)
                  : `${hours.term.name} · ${dayRange(hours.term.first_day, hours.term.last_day, i18n.language)}`}
              </p>
            </div>
            <div className={classes.tools}>{tools}</div>
          </header>
        )}
        {hours.pairs.length === 0 && (
          <p className={classes.lead}>{t(hours.has_past_pairs ? "hours.nobodyNow" : "hours.nobody")}</p>
        )}
        {me.role === "coordinator" && (
          <Anchor component={Link} href={PROGRAMME_PATH}>
            {t("home.programme")}
          </Anchor>
        )}
        <div className={classes.rest}>
          {few.length > 0 && (
            <div className={classes.pairs}>
              {few.map((pair) => (
                <PairCard key={pair.pair_id} pair={pair} today={hours.today} ownId={me.person_id} />
              ))}
            </div>
          )}
          {(hours.pairs.length > 0 || hours.has_past_pairs) && (
            <>
              <Log key={added} pairs={[...few, ...caseload]} hours={hours} me={me} onChanged={onChanged} />
              <TakeAlong people={[me]} hours={hours} ownId={me.person_id} />
            </>
          )}
        </div>
      </div>
    </Page>
  );
}
