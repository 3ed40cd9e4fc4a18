/** The list of pairs: a hundred at once on the screen, all of them on paper. */

import { ActionIcon, Button, NativeSelect } from "@mantine/core";
import { ArrowDown, ArrowDownUp, ArrowUp, ChevronLeft, ChevronRight } from "lucide-react";
import { memo, useEffect, useId, useMemo, useRef, useState } from "react";
import { flushSync } from "react-dom";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import type { PairSummary } from "../../protocol/generated";
import { relativeDay, tinyDay } from "../days";
import { minutesText } from "../durations";
import { pairPath } from "../paths";
import { nextDue } from "../progress";
import { useRequirementWords } from "../Requirements";
import { StandingBadge } from "../Standing";
import { inOrder } from "./order";
import classes from "./PairTable.module.css";
import { type Changes, SORTS, type Sort, type View } from "./view";

const ROWS = 100;

const COLUMNS = ["mentee", "mentor", "standing", "due", "last", "time", "entries", "open"] as const;
/** Columns that one wants from the largest down first. */
const DOWN_FIRST: readonly Sort[] = ["time", "entries", "open"];

interface PairTableProps {
  pairs: readonly PairSummary[];
  view: View;
  today: string;
  onChange(changes: Changes): void;
}

export function PairTable({ pairs, view, today, onChange }: PairTableProps) {
  const { t, i18n } = useTranslation();
  const titleId = useId();
  const heading = useRef<HTMLHeadingElement>(null);
  const isPrinting = useIsPrinting();
  const { sort, isReversed } = view;
  const ordered = useMemo(
    () => inOrder(pairs, sort, isReversed, i18n.language),
    [pairs, sort, isReversed, i18n.language],
  );
  const page = Math.min(view.page, Math.max(0, Math.ceil(ordered.length / ROWS) - 1));
  const shown = isPrinting ? ordered : ordered.slice(page * ROWS, (page + 1) * ROWS);
  const sortBy = (key: Sort, reversed: boolean) =>
    onChange({ sort: key === "need" ? undefined : key, order: reversed ? "reverse" : undefined });
  const turn = (to: number) => {
    onChange({ page: to === 0 ? undefined : String(to + 1) });
    heading.current?.focus({ preventScroll: true });
    heading.current?.scrollIntoView({ block: "start" });
  };
  return (
    <section className={classes.part} aria-labelledby={titleId}>
      <div className={classes.head}>
        <h2 id={titleId} ref={heading} tabIndex={-1} className={classes.title}>
          {t("programme.table.title")}
        </h2>
        <div className={classes.sort}>
          <NativeSelect
            aria-label={t("programme.table.sortBy")}
            value={sort}
            onChange={({ currentTarget }) => {
              const key = SORTS.find((one) => one === currentTarget.value) ?? "need";
              sortBy(key, DOWN_FIRST.includes(key));
            }}
          >
            {SORTS.map((key) => (
              <option key={key} value={key}>
                {t(`programme.table.${key}`)}
              </option>
            ))}
          </NativeSelect>
          <ActionIcon
            size="lg"
            color="gray"
            aria-label={t("programme.table.reverse")}
            onClick={() => sortBy(sort, !isReversed)}
          >
            <ArrowDownUp size={20} />
          </ActionIcon>
        </div>
      </div>
      <table className={classes.table}>
        <caption className="visually-hidden">{t("programme.table.caption")}</caption>
        <thead>
          <tr>
            {COLUMNS.map((key) => {
              const isSorted = key === sort;
              const Arrow = isReversed ? ArrowDown : ArrowUp;
              return (
                <th
                  key={key}
                  scope="col"
                  className={classes[key]}
                  aria-sort={isSorted ? (isReversed ? "descending" : "ascending") : undefined}
                >
                  <button
                    type="button"
                    className={classes.by}
                    onClick={() => sortBy(key, isSorted ? !isReversed : DOWN_FIRST.includes(key))}
                  >
                    {t(`programme.table.${key}`)}
                    {isSorted && <Arrow size={14} aria-hidden="true" className={classes.arrow} />}
                  </button>
                  <span className={classes.onPaper}>{t(`programme.table.${key}`)}</span>
                </th>
              );
            })}
          </tr>
        </thead>
        <tbody>
          {shown.map((pair) => (
            <Row key={pair.status.pair_id} pair={pair} today={today} onChange={onChange} />
          ))}
        </tbody>
      </table>
      {ordered.length > ROWS && (
        <nav className={classes.pages} aria-label={t("programme.table.pages")}>
          <Button
            variant="default"
            aria-label={t("programme.table.before")}
            disabled={page === 0}
            onClick={() => turn(page - 1)}
          >
            <ChevronLeft size={20} />
          </Button>
          <span>
            {t("programme.table.range", {
              first: page * ROWS + 1,
              last: Math.min((page + 1) * ROWS, ordered.length),
              count: ordered.length,
            })}
          </span>
          <Button
            variant="default"
            aria-label={t("programme.table.after")}
            disabled={(page + 1) * ROWS >= ordered.length}
            onClick={() => turn(page + 1)}
          >
            <ChevronRight size={20} />
          </Button>
        </nav>
      )}
    </section>
  );
}

interface RowProps {
  pair: PairSummary;
  today: string;
  onChange(changes: Changes): void;
}

const Row = memo(function Row({ pair, today, onChange }: RowProps) {
  const { t, i18n } = useTranslation();
  const { language } = i18n;
  const { status } = pair;
  const { mentor, substitute, last_contact_on: last } = status;
  const open = [
    ...(status.waiting_minutes > 0 ? [minutesText(status.waiting_minutes, language)] : []),
    ...(status.disputed_count > 0 ? [t("programme.table.disputed", { count: status.disputed_count })] : []),
  ];
  return (
    <tr>
      <th scope="row" className={classes.mentee}>
        <span className={classes.mark}>
          <StandingBadge standing={status.standing} isShort />
        </span>
        <Link href={pairPath(status.pair_id)} className={classes.link}>
          {status.mentee.name}
        </Link>
        {status.kind !== "mentor" && (
          <span className={classes.small}>{t(`programme.kind.${status.kind}`)}</span>
        )}
        {status.is_on_leave && (
          <span className={classes.small}>
            {substitute === null
              ? t("programme.table.leave")
              : t("programme.table.instead", { name: substitute.name })}
          </span>
        )}
        <span className={classes.narrow}>{mentor.name}</span>
      </th>
      <td className={classes.mentor}>
        <button
          type="button"
          className={classes.choose}
          aria-label={t("programme.mentors.only", { name: mentor.name })}
          onClick={() => onChange({ person: mentor.person_id })}
        >
          {mentor.name}
        </button>
      </td>
      <td className={classes.standing}>
        <StandingBadge standing={status.standing} />
      </td>
      <td className={classes.due}>
        <Due pair={pair} today={today} />
      </td>
      <td className={classes.last}>
        {last === null ? (
          t("programme.table.never")
        ) : (
          <>
            {tinyDay(last, today, language)}{" "}
            <span className={classes.small}>{relativeDay(last, today, language)}</span>
          </>
        )}
      </td>
      <td className={classes.time}>{minutesText(pair.credited_minutes, language)}</td>
      <td className={classes.entries}>{pair.meeting_count}</td>
      <td className={classes.open}>
        {open.map((words) => (
          <span key={words}>{words}</span>
        ))}
      </td>
    </tr>
  );
});

function Due({ pair, today }: { pair: PairSummary; today: string }) {
  const requirement = nextDue(pair.status.requirements);
  return requirement === null ? null : <DueWords requirement={requirement} today={today} />;
}

interface DueWordsProps {
  requirement: NonNullable<ReturnType<typeof nextDue>>;
  today: string;
}

function DueWords({ requirement, today }: DueWordsProps) {
  const { i18n } = useTranslation();
  const { done, due } = useRequirementWords(requirement, today);
  const { due_on: day, next_step: step, name } = requirement;
  return (
    <>
      <span className={classes.onScreen}>{due ?? done}</span>
      {/* There is no room for sentences in a line of paper. */}
      <span className={classes.onPaper}>
        {day !== null && `${tinyDay(day, today, i18n.language)} · `}
        {step ?? name}
      </span>
    </>
  );
}

/** On paper everything stands, not only what is on the screen. */
function useIsPrinting(): boolean {
  const [isPrinting, setPrinting] = useState(false);
  useEffect(() => {
    // What is not on the page when this returns is not on the paper.
    const begin = () => flushSync(() => setPrinting(true));
    const end = () => setPrinting(false);
    addEventListener("beforeprint", begin);
    addEventListener("afterprint", end);
    return () => {
      removeEventListener("beforeprint", begin);
      removeEventListener("afterprint", end);
    };
  }, []);
  return isPrinting;
}
