/** What needs the coordinator today: how much of what, and the entries themselves, with what can be done about each. */

import { Button } from "@mantine/core";
import { AlarmClock, CheckCheck, Hourglass, MessageCircleWarning } from "lucide-react";
import { useEffect, useId, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { EntryAction, HoursEntry } from "../../protocol/generated";
import { EntryRow } from "../EntryRow";
import { newestOf } from "../steps";
import { useSteps } from "../useSteps";
import { ApproveAll } from "./ApproveAll";
import classes from "./DutyPart.module.css";
import { dutyQuery, type Found } from "./duties";
import { type Scope, useDuties } from "./useDuties";
import { DUTIES, type Duty } from "./view";

interface DutyPartProps {
  scope: Scope;
  overdueCount: number;
  /** As the server has counted them: not all of them are read. */
  disputedCount: number;
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
  const { scope, overdueCount, disputedCount, open, ownId, onOpen, onShowOverdue, onChanged } = props;
  const { t } = useTranslation();
  const titleId = useId();
  const { value, problem, retry } = useDuties(scope);
  const has = (duty: Duty) => value !== null && value[duty].entries.length > 0;
  const isNothing = value !== null && overdueCount === 0 && !DUTIES.some(has);
  return (
    <section className={classes.part} aria-labelledby={titleId}>
      <h2 id={titleId} className={classes.title}>
        {t("programme.duty.title")}
      </h2>
      {isNothing && <p className={classes.nothing}>{t("programme.duty.nothing")}</p>}
      {problem !== null && (
        <p role="alert" className={classes.nothing}>
          {t("programme.duty.unread")}{" "}
          <Button variant="default" size="compact-md" onClick={retry}>
            {t("page.tryAgain")}
          </Button>
        </p>
      )}
      <ul className={classes.tiles}>
        {overdueCount > 0 && (
          <Tile kind="overdue" count={overdueCount} hasMore={false} onClick={onShowOverdue} />
        )}
        {value !== null &&
          DUTIES.filter(has).map((duty) => (
            <Tile
              key={duty}
              kind={duty}
              count={
                duty === "disputed"
                  ? Math.max(disputedCount, value[duty].entries.length)
                  : value[duty].entries.length
              }
              hasMore={value[duty].hasMore && duty !== "disputed"}
              isOpen={duty === open}
              onClick={() => onOpen(duty === open ? undefined : duty)}
            />
          ))}
      </ul>
      {open !== undefined && value !== null && (
        <DutyList
          key={open}
          duty={open}
          found={value[open]}
          scope={scope}
          ownId={ownId}
          onClose={() => onOpen(undefined)}
          onChanged={() => {
            retry();
            onChanged();
          }}
        />
      )}
    </section>
  );
}

interface TileProps {
  kind: Duty | "overdue";
  count: number;
  hasMore: boolean;
  /** Its list is open; without it there is none. */
  isOpen?: boolean;
  onClick(): void;
}

function Tile({ kind, count, hasMore, isOpen, onClick }: TileProps) {
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
        <span className={classes.count}>
          {hasMore ? t("programme.duty.more", { count: number }) : number}
        </span>
        <span className={classes.what}>{t(`programme.duty.${kind}`, { count })}</span>
        <span className={classes.do}>{t(`programme.duty.${kind}Do`)}</span>
      </button>
    </li>
  );
}

/** So many are read at once. */
const FIRST = 10;

interface DutyListProps {
  duty: Duty;
  found: Found;
  scope: Scope;
  ownId: string;
  onClose(): void;
  onChanged(): void;
}

function DutyList({ duty, found, scope, ownId, onClose, onChanged }: DutyListProps) {
  const { t } = useTranslation();
  const titleId = useId();
  const taker = useSteps(onChanged);
  const [length, setLength] = useState(FIRST);
  const [said, setSaid] = useState("");
  const [isApproving, setApproving] = useState(false);
  const status = useRef<HTMLParagraphElement>(null);
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => title.current?.focus({ preventScroll: true }), []);
  const state = duty === "waiting" ? "proposed" : duty;
  // What a step has made something else of is done with.
  const entries = newestOf(found.entries, taker.steps).filter((entry) => entry.state === state);
  const onTaken = (entry: HoursEntry, action: EntryAction) => {
    const words = t("hours.theTwo", { mentor: entry.mentor.name, mentee: entry.mentee.name });
    setSaid(
      action === "approved" ? t("programme.duty.approved", { entry: words }) : t("programme.duty.changed"),
    );
    requestAnimationFrame(() => {
      if (document.activeElement === document.body) status.current?.focus();
    });
  };
  const query = dutyQuery(duty, scope.days, scope.today, scope.personId);
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
      {entries.length === 0 && <p className={classes.nothing}>{t("programme.duty.empty")}</p>}
      <ul className={classes.entries}>
        {entries.slice(0, length).map((entry) => (
          <EntryRow
            key={entry.entry_id}
            entry={entry}
            today={scope.today}
            ownId={ownId}
            taker={taker}
            onTaken={onTaken}
          />
        ))}
      </ul>
      {entries.length > length && (
        <Button
          variant="default"
          className={classes.more}
          onClick={() => setLength(length + FIRST * (length >= 3 * FIRST ? 5 : 1))}
        >
          {t("programme.duty.showMore")}
        </Button>
      )}
      {query !== null && (
        <ApproveAll
          query={query}
          pairIds={scope.pairIds}
          isOpen={isApproving}
          onClose={(approved) => {
            setApproving(false);
            if (approved > 0) {
              setSaid(t("programme.approve.done", { count: approved }));
              onChanged();
            }
          }}
        />
      )}
    </section>
  );
}
