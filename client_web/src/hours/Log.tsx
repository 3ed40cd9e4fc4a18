/** The entries of some pairs, by term, state and pair, as the address says. */

import { NativeSelect } from "@mantine/core";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "wouter";
import type { HoursHome, PairStatus, Person } from "../protocol/generated";
import { EntryList } from "./EntryList";
import { ALL_TERMS, ENTRY_STATES, logScope, oneOf, termOf, withWord } from "./filters";
import classes from "./Log.module.css";
import { otherIn } from "./readHours";

interface LogProps {
  /** Whose entries may be looked for; those of others, which are over, are among all. */
  pairs: readonly PairStatus[];
  /** The pair that it is all about. */
  only?: PairStatus;
  hours: HoursHome;
  me: Person;
  onChanged(): void;
}

export function Log({ pairs, only, hours, me, onChanged }: LogProps) {
  const { t } = useTranslation();
  const [search, setSearch] = useSearchParams();
  const term = termOf(search, hours.terms, hours.term);
  const state = oneOf(search, "state", ENTRY_STATES);
  const pairIds = pairs.map(({ pair_id }) => pair_id);
  const { pairId, personId } =
    only === undefined
      ? logScope(search, pairIds, me.person_id)
      : { pairId: only.pair_id, personId: undefined };
  const [from, to] = [term?.first_day, term?.last_day];
  const query = useMemo(() => ({ pairId, personId, state, from, to }), [pairId, personId, state, from, to]);
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
            <option value="">{t("hours.filter.everybody")}</option>
            {pairs.map((pair) => (
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
