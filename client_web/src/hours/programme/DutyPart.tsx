/** What needs the coordinator today: how much of what, and the entries themselves, with what can be done about each. */

import { Button, Loader } from "@mantine/core";
import { AlarmClock, CheckCheck, Hourglass, MessageCircleWarning } from "lucide-react";
import { useEffect, useId, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { EntryQuery } from "../../connection/hours";
import type { EntryAction, HoursEntry, OpenEntries } from "../../protocol/generated";
import { EntryRow } from "../EntryRow";
import { newestOf } from "../steps";
import { useEntries } from "../useEntries";
import { useSteps } from "../useSteps";
import { ApproveAll } from "./ApproveAll";
import classes from "./DutyPart.module.css";
import { countOf, dutyQuery } from "./duties";
import { type Days, DUTIES, type Duty, type PairWords } from "./view";

/** Of which pairs, and of when. Stable while it is the same. */
export interface Scope {
  days: Days;
  today: string;
  words: PairWords;
}

interface DutyPartProps {
  scope: Scope;
  overdueCount: number;
  /** As the server has counted them. */
  counts: OpenEntries;
  /** The list that is open. */
  open: Duty | undefined;
  ownId: string;
  onOpen(duty: Duty | undefined): void;
  onShowOverdue(): void;
  /** Figures are older than the log now. */
  onChanged(): void;
}

const ICONS = {
  overdue: AlarmClock,
  disputed: MessageCircleWarning,
  waiting: Hourglass,
  confirmed: CheckCheck,
} as const;

export function DutyPart(props: DutyPartProps) {
  const { scope, overdueCount, counts, open, ownId, onOpen, onShowOverdue, onChanged } = props;
  const { t } = useTranslation();
  const titleId = useId();
  const shown = DUTIES.filter((duty) => countOf(duty, counts) > 0);
  const { days, today, words } = scope;
  const query = useMemo(
    () => (open === undefined ? null : dutyQuery(open, days, today, words)),
    [open, days, today, words],
  );
  return (
    <section className={classes.part} aria-labelledby={titleId}>
      <h2 id={titleId} className={classes.title}>
        {t("programme.duty.title")}
      </h2>
      {overdueCount === 0 && shown.length === 0 && query === null && (
        <p className={classes.nothing}>{t("programme.duty.nothing")}</p>
      )}
      <ul className={classes.tiles}>
        {overdueCount > 0 && <Tile kind="overdue" count={overdueCount} onClick={onShowOverdue} />}
        {shown.map((duty) => (
          <Tile
            key={duty}
            kind={duty}
            count={countOf(duty, counts)}
            isOpen={duty === open}
            onClick={() => onOpen(duty === open ? undefined : duty)}
          />
        ))}
      </ul>
      {open !== undefined && query !== null && (
        <DutyList
          key={JSON.stringify([open, query])}
          duty={open}
          query={query}
          today={today}
          ownId={ownId}
          onClose={() => onOpen(undefined)}
          onChanged={onChanged}
        />
      )}
    </section>
  );
}

interface TileProps {
  kind: Duty | "overdue";
  count: number;
  /** Its list is open; without it there is none. */
  isOpen?: boolean;
  onClick(): void;
}

function Tile({ kind, count, isOpen, onClick }: TileProps) {
  const { t, i18n } = useTranslation();
  const Icon = ICONS[kind];
  const number = new Intl.NumberFormat(i18n.language).format(count);
  return (
    <li className={classes.item}>
      <button
        type="button"
        className={classes.tile}
        data-kind={kind}
        aria-expanded={isOpen}
        onClick={onClick}
      >
        <Icon size={24} aria-hidden="true" className={classes.icon} />
        <span className={classes.count}>{number}</span>
        <span className={classes.what}>{t(`programme.duty.${kind}`, { count })}</span>
        <span className={classes.do}>{t(`programme.duty.${kind}Do`)}</span>
      </button>
    </li>
  );
}

interface DutyListProps {
  duty: Duty;
  query: EntryQuery;
  today: string;
  ownId: string;
  onClose(): void;
  onChanged(): void;
}

function DutyList({ duty, query, today, ownId, onClose, onChanged }: DutyListProps) {
  const { t } = useTranslation();
  const titleId = useId();
  const found = useEntries(query);
  const onTakenOrStale = () => {
    found.retry();
    onChanged();
  };
  const taker = useSteps(onTakenOrStale);
  const [said, setSaid] = useState("");
  const [isApproving, setApproving] = useState(false);
  const status = useRef<HTMLParagraphElement>(null);
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => title.current?.focus({ preventScroll: true }), []);
  const state = duty === "waiting" ? "proposed" : duty;
  // What a step has made something else of is done with.
  const entries = newestOf(found.entries ?? [], taker.steps).filter((entry) => entry.state === state);
  const say = (words: string) => {
    setSaid(words);
    // What was pressed may have gone away with it.
    requestAnimationFrame(() => {
      if (document.activeElement === document.body) status.current?.focus();
    });
  };
  const onTaken = (entry: HoursEntry, action: EntryAction) => {
    const words = t("hours.theTwo", { mentor: entry.mentor.name, mentee: entry.mentee.name });
    say(action === "approved" ? t("programme.duty.approved", { entry: words }) : t("programme.duty.changed"));
  };
  return (
    <section className={classes.list} aria-labelledby={titleId}>
      <div className={classes.listHead}>
        <h3 id={titleId} ref={title} tabIndex={-1} className={classes.listTitle}>
          {t(`programme.duty.list.${duty}`)}
        </h3>
        <div className={classes.buttons}>
          {duty === "confirmed" && entries.length > 1 && (
            <Button leftSection={<CheckCheck size={18} />} onClick={() => setApproving(true)}>
              {t("programme.approve.button")}
            </Button>
          )}
          <Button variant="subtle" color="gray" className={classes.close} onClick={onClose}>
            {t("programme.duty.close")}
          </Button>
        </div>
      </div>
      <p ref={status} role="status" tabIndex={-1} className={classes.said}>
        {said}
      </p>
      {found.problem !== null && (
        <p role="alert" className={classes.nothing}>
          {t("programme.duty.unread")}{" "}
          <Button variant="default" size="compact-md" onClick={found.retry}>
            {t("page.tryAgain")}
          </Button>
        </p>
      )}
      {found.entries === null && found.problem === null && <Loader size="sm" />}
      {found.entries !== null && entries.length === 0 && !found.hasMore && (
        <p className={classes.nothing}>{t("programme.duty.empty")}</p>
      )}
      <ul className={classes.entries}>
        {entries.map((entry) => (
          <EntryRow
            key={entry.entry_id}
            entry={entry}
            today={today}
            ownId={ownId}
            taker={taker}
            onTaken={onTaken}
          />
        ))}
      </ul>
      {found.hasMore && (
        <Button variant="default" className={classes.more} loading={found.isReading} onClick={found.readMore}>
          {t("programme.duty.showMore")}
        </Button>
      )}
      <ApproveAll
        query={query}
        today={today}
        ownId={ownId}
        isOpen={isApproving}
        onClose={(approved) => {
          setApproving(false);
          if (approved > 0) {
            say(t("programme.approve.done", { count: approved }));
            found.renew();
            onChanged();
          }
        }}
      />
    </section>
  );
}
