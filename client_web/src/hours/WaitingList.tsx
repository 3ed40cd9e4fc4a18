/** What waits for one's word: yes to each with a click, or to all; what was confirmed goes away. */

import { Button } from "@mantine/core";
import { CheckCheck } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { EntryAction, HoursEntry } from "../protocol/generated";
import { EntryRow } from "./EntryRow";
import { RefusedList } from "./RefusedList";
import type { Refused } from "./reasons";
import { isPlain, isWaiting, newestOf } from "./steps";
import { useSteps } from "./useSteps";
import classes from "./WaitingList.module.css";

/** So many are read at once; of more one sees that there are more. */
const FIRST = 5;

interface WaitingListProps {
  /** As the server listed them; one that was confirmed meanwhile may still be among them. */
  listed: readonly HoursEntry[];
  /** There are more than are listed. */
  hasMore?: boolean;
  today: string;
  ownId: string;
  /** What depends on the log is older now. */
  onChanged(): void;
}

export function WaitingList({ listed, hasMore = false, today, ownId, onChanged }: WaitingListProps) {
  const { t } = useTranslation();
  const taker = useSteps(onChanged);
  const [isWhole, setWhole] = useState(false);
  const [said, setSaid] = useState("");
  const [refused, setRefused] = useState<readonly Refused[]>([]);
  const part = useRef<HTMLDivElement>(null);
  const next = useNextFocus(part);
  const waiting = newestOf(listed, taker.steps).filter(isWaiting);
  const shown = isWhole ? waiting : waiting.slice(0, FIRST);
  const plain = shown.filter(isPlain);
  // What is still in the list says itself what was wrong.
  const vanished = refused.filter(({ entry }) => shown.every(({ entry_id }) => entry_id !== entry.entry_id));
  const isSending = plain.some(({ entry_id }) => taker.steps.sending.has(entry_id));

  const onTaken = (entry: HoursEntry, action: EntryAction) => {
    const { mentor, mentee } = entry;
    const name = mentor.person_id === ownId ? mentee.name : mentor.name;
    setSaid(
      action === "confirmed"
        ? t("hours.said.confirmed", { name, count: waiting.length - 1 })
        : t("hours.said.changed", { name }),
    );
    next(shown.findIndex(({ entry_id }) => entry_id === entry.entry_id));
  };
  const confirmAll = async () => {
    const outcome = await taker.confirmAll(plain);
    const [taken, left] = [outcome.taken.length, outcome.refused.length];
    setSaid(
      [
        ...(taken > 0 ? [t("hours.said.all", { count: taken })] : []),
        ...(left > 0 ? [t("hours.said.left", { count: left })] : []),
      ].join(" "),
    );
    setRefused(outcome.refused);
    next(0);
  };
  return (
    <div ref={part} className={classes.part}>
      <p role="status" tabIndex={-1} className={classes.said}>
        {said}
      </p>
      <RefusedList refused={vanished} today={today} ownId={ownId} />
      {shown.length > 0 && (
        <>
          <ul className={classes.list}>
            {shown.map((entry) => (
              <EntryRow
                key={entry.entry_id}
                entry={entry}
                today={today}
                ownId={ownId}
                taker={taker}
                isBrief
                onTaken={onTaken}
              />
            ))}
          </ul>
          <div className={classes.foot}>
            <p className={classes.note}>{t("hours.waiting.note")}</p>
            <div className={classes.buttons}>
              {waiting.length > shown.length && (
                <Button variant="default" onClick={() => setWhole(true)}>
                  {t("hours.waiting.more", { count: waiting.length })}
                </Button>
              )}
              {plain.length > 1 && (
                <Button
                  variant="default"
                  leftSection={<CheckCheck size={18} />}
                  loading={isSending}
                  onClick={() => void confirmAll()}
                >
                  {t(shown.length < waiting.length ? "hours.waiting.these" : "hours.waiting.all", {
                    count: plain.length,
                  })}
                </Button>
              )}
            </div>
            {hasMore && <p className={classes.note}>{t("hours.waiting.rest")}</p>}
          </div>
        </>
      )}
    </div>
  );
}

/** Leads the focus on when the button that had it went away: to the row that is now there, else to what was said. */
function useNextFocus(part: React.RefObject<HTMLElement | null>): (index: number) => void {
  const [wanted, setWanted] = useState<{ index: number } | null>(null);
  useEffect(() => {
    if (wanted === null) return;
    const { activeElement } = document;
    // Somebody has gone elsewhere meanwhile.
    if (activeElement !== null && activeElement !== document.body && !part.current?.contains(activeElement))
      return;
    const buttons = part.current?.querySelectorAll<HTMLElement>("[data-assent]");
    (buttons?.[wanted.index] ?? part.current?.querySelector<HTMLElement>("[role=status]"))?.focus();
  }, [wanted, part]);
  return (index) => setWanted({ index: Math.max(0, index) });
}
