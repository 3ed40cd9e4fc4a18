/** A mentor's many mentees, on one screen: who needs somebody most comes first. */

import { TextInput } from "@mantine/core";
import { Clock, Search } from "lucide-react";
import { type KeyboardEvent, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "wouter";
import type { PairStatus } from "../protocol/generated";
import { useIsWide } from "../shared/useIsWide";
import classes from "./Caseload.module.css";
import { CaseloadRow, CaseloadTile } from "./CaseloadRow";
import { oneOf, STANDINGS, withWord } from "./filters";
import { inColumns, soughtOf } from "./mentees";
import { StandingBadge } from "./Standing";
import { useFit } from "./useFit";

interface CaseloadProps {
  pairs: readonly PairStatus[];
  today: string;
  ownId: string;
}

const KINDS = [...STANDINGS, "none"] as const;

export function Caseload({ pairs, today, ownId }: CaseloadProps) {
  const { t } = useTranslation();
  const isWide = useIsWide();
  const [search, setSearch] = useSearchParams();
  const standing = oneOf(search, "standing", KINDS);
  const [name, setName] = useName(search.get("q") ?? "", (q) =>
    setSearch((now) => withWord(now, "q", q), { replace: true }),
  );
  const sought = soughtOf(pairs, { name, standing });
  return (
    <section className={classes.caseload} aria-label={t("hours.case.title")} onKeyDown={goByArrows}>
      <header className={classes.head}>
        <h1 className={classes.title}>{t("hours.case.title")}</h1>
        <TextInput
          type="search"
          size="sm"
          className={classes.name}
          aria-label={t("hours.case.search")}
          placeholder={t("hours.case.search")}
          leftSection={<Search size={16} />}
          value={name}
          onChange={({ currentTarget }) => setName(currentTarget.value)}
        />
        <fieldset className={classes.kinds}>
          <legend className="visually-hidden">{t("hours.case.standing")}</legend>
          {KINDS.map((kind) => {
            const count = pairs.filter((pair) => (pair.standing ?? "none") === kind).length;
            if (count === 0) return null;
            const isPressed = standing === kind;
            return (
              <button
                key={kind}
                type="button"
                className={classes.kind}
                aria-pressed={isPressed}
                onClick={() =>
                  setSearch((now) => withWord(now, "standing", isPressed ? undefined : kind), {
                    replace: true,
                  })
                }
              >
                <StandingBadge standing={kind === "none" ? null : kind} /> {count}
              </button>
            );
          })}
        </fieldset>
      </header>
      <p role="status" className={sought.length === 0 ? classes.none : "visually-hidden"}>
        {sought.length === 0
          ? t("hours.case.none")
          : t("hours.case.found", { count: sought.length, all: pairs.length })}
      </p>
      {isWide ? (
        <Tables pairs={sought} all={pairs.length} today={today} ownId={ownId} />
      ) : (
        <ul className={classes.tiles}>
          {sought.map((pair) => (
            <CaseloadTile key={pair.pair_id} pair={pair} today={today} ownId={ownId} />
          ))}
        </ul>
      )}
    </section>
  );
}

interface TablesProps {
  pairs: readonly PairStatus[];
  /** How many there are without looking for any. */
  all: number;
  today: string;
  ownId: string;
}

/** As many tables side by side as it takes to see all of it at once. */
function Tables({ pairs, all, today, ownId }: TablesProps) {
  const { t } = useTranslation();
  // As for all of them: while one looks for somebody, nothing jumps.
  const { ref, fit } = useFit<HTMLDivElement>(all);
  const length = Math.ceil(all / fit.columns);
  const columns = inColumns(pairs, length);
  return (
    <div
      ref={ref}
      className={classes.tables}
      style={{
        gridTemplateColumns: `repeat(${fit.columns}, minmax(0, 1fr))`,
        ["--row" as string]: `${fit.rowHeight}px`,
      }}
    >
      {columns.map((column, index) => (
        <div key={column[0]?.pair_id} className={classes.column}>
          <table className={classes.table}>
            <caption className="visually-hidden">
              {t("hours.case.caption", {
                from: index * length + 1,
                to: index * length + column.length,
                all: pairs.length,
              })}
            </caption>
            <thead>
              <tr>
                <th scope="col" className={classes.mentee}>
                  {t("hours.case.name")}
                </th>
                <th scope="col" className={classes.standing}>
                  <span className={classes.long}>{t("hours.case.standing")}</span>
                </th>
                <th scope="col" className={classes.last}>
                  {t("hours.case.last")}
                </th>
                <th scope="col" className={classes.next}>
                  {t("hours.case.next")}
                </th>
                <th scope="col" className={classes.minutes}>
                  {t("hours.case.minutes")}
                </th>
                <th scope="col" className={classes.waiting} title={t("hours.case.waitingLong")}>
                  <Clock size={14} aria-hidden="true" />
                  <span className="visually-hidden">{t("hours.case.waitingLong")}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {column.map((pair) => (
                <CaseloadRow key={pair.pair_id} pair={pair} today={today} ownId={ownId} />
              ))}
            </tbody>
          </table>
        </div>
      ))}
    </div>
  );
}

/** How long one has to stop typing until the address follows. */
const PAUSE_MS = 400;

/** A name as it is typed; the address follows. */
function useName(initial: string, onSettled: (name: string) => void): [string, (name: string) => void] {
  const [name, setName] = useState(initial);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the address follows what is typed, not what it does itself
  useEffect(() => {
    if (name === initial) return;
    const timer = setTimeout(() => onSettled(name), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [name]);
  return [name, setName];
}

/** Arrows go from mentee to mentee, from the search on. */
function goByArrows(event: KeyboardEvent<HTMLElement>): void {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  const links = [...event.currentTarget.querySelectorAll<HTMLElement>("[data-mentee]")];
  const now = links.indexOf(event.target as HTMLElement);
  const isSearch = event.target instanceof HTMLInputElement;
  if (now === -1 && !isSearch) return;
  const next = links[now + (event.key === "ArrowDown" ? 1 : -1)];
  if (next === undefined) return;
  event.preventDefault();
  next.focus();
}
