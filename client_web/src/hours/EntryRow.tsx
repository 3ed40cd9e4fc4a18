/** An entry in a list, with what one can do about it: say yes with one click, or say what is wrong. */

import { Anchor, Button } from "@mantine/core";
import { Check } from "lucide-react";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import type { EntryAction, HoursEntry } from "../protocol/generated";
import { ContactIcon } from "./contacts";
import { EntryMark } from "./EntryMark";
import classes from "./EntryRow.module.css";
import { entryPath } from "./paths";
import { reasonOf } from "./reasons";
import { StepDialog } from "./StepDialog";
import { choicesOf } from "./stepChoices";
import { isWaiting } from "./steps";
import { useEntryWords } from "./useEntryWords";
import type { StepTaker } from "./useSteps";

interface EntryRowProps {
  entry: HoursEntry;
  /** The programme's. */
  today: string;
  /** Of whoever looks at it; a coordinator is neither of the two. */
  ownId: string;
  taker: StepTaker;
  /** All in the list wait for one's word: it is not said of each. */
  isBrief?: boolean;
  /** A step was taken: the row may go away with it. */
  onTaken?(entry: HoursEntry, action: EntryAction): void;
}

export function EntryRow({ entry, today, ownId, taker, isBrief = false, onTaken }: EntryRowProps) {
  const { t } = useTranslation();
  const [isAsking, setAsking] = useState(false);
  const link = useRef<HTMLAnchorElement>(null);
  const words = useEntryWords(entry, today, ownId);
  // What both have confirmed is left in peace here; on its own page it can still be changed.
  const isOpen = entry.state !== "confirmed";
  const problem = taker.steps.problems.get(entry.entry_id);
  const onRowTaken = (taken: HoursEntry, action: EntryAction) => {
    onTaken?.(taken, action);
    // The button that had the focus goes away; the row may stay.
    requestAnimationFrame(() => {
      if (document.activeElement === document.body) link.current?.focus();
    });
  };
  return (
    <li className={classes.row} data-state={entry.state} data-brief={isBrief || undefined}>
      <div className={classes.words}>
        <p className={classes.what}>
          <span className={classes.minutes}>{words.minutes}</span>
          <span className={classes.type}>
            <ContactIcon type={entry.contact_type} /> {words.type}
          </span>
        </p>
        <p className={classes.about}>
          <Anchor component={Link} ref={link} href={entryPath(entry.entry_id)} className={classes.day}>
            {words.day}
          </Anchor>
          {" · "}
          {words.about}
        </p>
        {entry.text !== null && entry.text !== "" && <p className={classes.text}>{entry.text}</p>}
      </div>
      {!(isBrief && entry.state === "proposed") && (
        <div className={classes.mark}>
          <EntryMark entry={entry} />
        </div>
      )}
      <div className={classes.actions}>
        <Assent entry={entry} words={words.all} taker={taker} onTaken={onRowTaken} />
        {isOpen && choicesOf(entry).length > 0 && (
          <Button
            variant="subtle"
            color="gray"
            className={classes.other}
            aria-label={t(isWaiting(entry) ? "hours.notRightThis" : "hours.changeThis", { entry: words.all })}
            onClick={() => setAsking(true)}
          >
            {t(isWaiting(entry) ? "hours.notRight" : "hours.change")}
          </Button>
        )}
      </div>
      {problem !== undefined && !isAsking && (
        <p role="alert" className={classes.problem}>
          {t(`hours.problem.${reasonOf(problem)}`)}
        </p>
      )}
      <StepDialog
        entry={entry}
        ownId={ownId}
        taker={taker}
        isOpen={isAsking}
        onTaken={onRowTaken}
        onClose={() => setAsking(false)}
      />
    </li>
  );
}

interface AssentProps {
  entry: HoursEntry;
  /** All of it, read aloud with the button's word. */
  words: string;
  taker: StepTaker;
  onTaken(entry: HoursEntry, action: EntryAction): void;
}

/** The one click: one's own yes, or a coordinator's. */
export function Assent({ entry, words, taker, onTaken }: AssentProps) {
  const { t } = useTranslation();
  const isOwn = isWaiting(entry);
  const mayApprove = entry.state === "confirmed" && entry.permitted.includes("approved");
  if (!isOwn && !mayApprove) return null;
  const take = async () => {
    const action = isOwn ? "confirmed" : "approved";
    const taken = await taker.take(entry, { action });
    if (taken !== null) onTaken(taken, action);
  };
  return (
    <Button
      data-assent
      leftSection={<Check size={18} />}
      loading={taker.steps.sending.has(entry.entry_id)}
      aria-label={t(isOwn ? "hours.confirmThis" : "hours.approveThis", { entry: words })}
      onClick={() => void take()}
    >
      {t(isOwn ? "hours.confirm" : "hours.approve")}
    </Button>
  );
}
