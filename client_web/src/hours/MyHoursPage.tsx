/** `/hours`: how far one is with everybody, and what stands in the log. */

import { Button, NativeSelect } from "@mantine/core";
import { Printer } from "lucide-react";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "wouter";
import { LoadingPage, Page } from "../shared/Page";
import { usePageTitle } from "../shared/usePageTitle";
import { usePoll } from "../shared/usePoll";
import { AddEntry } from "./AddEntry";
import { dayRange, fullDay } from "./days";
import { EntryList } from "./EntryList";
import { ALL_TERMS, ENTRY_STATES, oneOf, termOf, withWord } from "./filters";
import { HoursProblem } from "./HoursProblem";
import classes from "./MyHoursPage.module.css";
import { PairCard } from "./PairCard";
import { createReader, type OwnHours, otherIn, sortPairs } from "./readHours";

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
        {few.length > 0 && <Log key={added} own={own} onChanged={onChanged} />}
      </div>
    </Page>
  );
}

/** The entries, by term, state and pair, as the address says. */
function Log({ own, onChanged }: { own: OwnHours; onChanged(): void }) {
  const { t } = useTranslation();
  const { me, hours } = own;
  const [search, setSearch] = useSearchParams();
  const term = termOf(search, hours.terms, hours.term);
  const state = oneOf(search, "state", ENTRY_STATES);
  const pairIds = hours.pairs.map(({ pair_id }) => pair_id);
  // A coordinator sees everybody's: there it is always one pair's.
  const isOne = me.role === "coordinator";
  const pairId = oneOf(search, "pair", pairIds) ?? (isOne ? pairIds[0] : undefined);
  const [from, to] = [term?.first_day, term?.last_day];
  const query = useMemo(() => ({ pairId, state, from, to }), [pairId, state, from, to]);
  const change = (name: string, value: string) =>
    setSearch((now) => withWord(now, name, value), { replace: true });
  return (
    <section className={classes.log} aria-labelledby="hours-log">
      <h2 id="hours-log">{t("hours.list.title")}</h2>
      <div className={classes.filters}>
        {pairIds.length > 1 && (
          <NativeSelect
            aria-label={t("hours.filter.pair")}
            value={pairId ?? ""}
            onChange={({ currentTarget }) => change("pair", currentTarget.value)}
          >
            {!isOne && <option value="">{t("hours.filter.everybody")}</option>}
            {hours.pairs.map((pair) => (
              <option key={pair.pair_id} value={pair.pair_id}>
                {otherIn(pair, me.person_id)}
              </option>
            ))}
          </NativeSelect>
        )}
        <NativeSelect
          aria-label={t("hours.filter.term")}
          value={term?.term_id ?? ALL_TERMS}
          onChange={({ currentTarget }) => change("term", currentTarget.value)}
        >
          <option value={ALL_TERMS}>{t("hours.filter.always")}</option>
          {hours.terms.map(({ term_id, name }) => (
            <option key={term_id} value={term_id}>
              {name}
            </option>
          ))}
        </NativeSelect>
        <NativeSelect
          aria-label={t("hours.filter.state")}
          value={state ?? ""}
          onChange={({ currentTarget }) => change("state", currentTarget.value)}
        >
          <option value="">{t("hours.filter.anyState")}</option>
          {ENTRY_STATES.map((one) => (
            <option key={one} value={one}>
              {t(`hours.state.${one}`)}
            </option>
          ))}
        </NativeSelect>
      </div>
      <EntryList
        key={[pairId, state, from, to].join(" ")}
        query={query}
        today={hours.today}
        ownId={me.person_id}
        onChanged={onChanged}
      />
    </section>
  );
}
