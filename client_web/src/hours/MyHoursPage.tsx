/** `/hours`: how far one is with everybody, and what stands in the log. */

import { Button } from "@mantine/core";
import { Printer } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { LoadingPage, Page } from "../shared/Page";
import { usePageTitle } from "../shared/usePageTitle";
import { usePoll } from "../shared/usePoll";
import { AddEntry } from "./AddEntry";
import { dayRange, fullDay } from "./days";
import { HoursProblem } from "./HoursProblem";
import { Log } from "./Log";
import classes from "./MyHoursPage.module.css";
import { PairCard } from "./PairCard";
import { createReader, type OwnHours, sortPairs } from "./readHours";

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
  const { few } = sortPairs(hours.pairs, me.person_id);
  const [added, setAdded] = useState(0);
  return (
    <Page>
      <div className={classes.hours}>
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
          <div className={classes.tools}>
            {few.length > 0 && (
              <AddEntry
                pairs={few}
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
          </div>
        </header>
        {hours.pairs.length === 0 && <p className={classes.lead}>{t("hours.nobody")}</p>}
        <div className={classes.pairs}>
          {few.map((pair) => (
            <PairCard key={pair.pair_id} pair={pair} today={hours.today} ownId={me.person_id} />
          ))}
        </div>
        {few.length > 0 && <Log key={added} pairs={few} hours={hours} me={me} onChanged={onChanged} />}
      </div>
    </Page>
  );
}
