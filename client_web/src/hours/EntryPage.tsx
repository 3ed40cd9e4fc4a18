/** `/hours/entries/ID`: one entry, where each of its minutes comes from, and every step that it went through. */

import { Anchor, Button } from "@mantine/core";
import { Printer } from "lucide-react";
import { useCallback, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { fetchEntry } from "../connection/hours";
import type { EntryDetail } from "../protocol/generated";
import { LoadingPage, Page } from "../shared/Page";
import { recordPath } from "../shared/recordPath";
import { usePageTitle } from "../shared/usePageTitle";
import { usePoll } from "../shared/usePoll";
import { ContactIcon } from "./contacts";
import { fullDay, isOwnTime } from "./days";
import { EntryMark } from "./EntryMark";
import classes from "./EntryPage.module.css";
import { Assent } from "./EntryRow";
import { EventList } from "./EventList";
import { Evidence } from "./Evidence";
import { HoursProblem } from "./HoursProblem";
import { LogSteps } from "./LogSteps";
import { pairPath } from "./paths";
import { createReader, type OwnHours } from "./readHours";
import { reasonOf } from "./reasons";
import { StepDialog } from "./StepDialog";
import { Story } from "./Story";
import { choicesOf } from "./stepChoices";
import { newestOf } from "./steps";
import { useEntryWords } from "./useEntryWords";
import { useSteps } from "./useSteps";

const POLL_MS = 60_000;

interface EntryView {
  own: OwnHours;
  detail: EntryDetail;
}

export function EntryPage({ entryId }: { entryId: string }) {
  const { t } = useTranslation();
  const [readOwn] = useState(createReader);
  const read = useCallback(
    async (signal: AbortSignal): Promise<EntryView> => {
      const [own, detail] = await Promise.all([readOwn(signal), fetchEntry(entryId, signal)]);
      return { own, detail };
    },
    [readOwn, entryId],
  );
  const { value, problem, retry } = usePoll(read, POLL_MS);
  usePageTitle(`${t("hours.page.entry")} · ${t("app.name")}`);
  if (value === null) {
    return problem === null ? <LoadingPage /> : <HoursProblem problem={problem} onRetry={retry} />;
  }
  return <Entry view={value} onChanged={retry} />;
}

function Entry({ view, onChanged }: { view: EntryView; onChanged(): void }) {
  const { t, i18n } = useTranslation();
  const { own, detail } = view;
  const { me, hours } = own;
  const taker = useSteps(onChanged);
  const heading = useRef<HTMLHeadingElement>(null);
  const [isAsking, setAsking] = useState(false);
  const [entry = detail.entry] = newestOf([detail.entry], taker.steps);
  const words = useEntryWords(entry, hours.today, me.person_id);
  const problem = taker.steps.problems.get(entry.entry_id);
  const { evidence } = detail;
  // What was pressed may have gone away with the step.
  const onTaken = () => {
    requestAnimationFrame(() => {
      if (document.activeElement === document.body) heading.current?.focus();
    });
  };
  useOpenForPrint();
  return (
    <Page>
      <article className={classes.entry}>
        <header className={classes.head}>
          <div>
            <Anchor component={Link} href={pairPath(entry.pair_id)} className={classes.way}>
              {t("hours.theTwo", { mentor: entry.mentor.name, mentee: entry.mentee.name })}
            </Anchor>
            <h1 ref={heading} tabIndex={-1}>
              {words.minutes}
            </h1>
            <p className={classes.about}>
              <span className={classes.type}>
                <ContactIcon type={entry.contact_type} /> {words.type}
              </span>
              <span className={classes.day}>{fullDay(entry.day, i18n.language)}</span>
              <EntryMark entry={entry} />
            </p>
          </div>
          <div className={classes.tools}>
            <Assent entry={entry} words={words.all} taker={taker} onTaken={onTaken} />
            {choicesOf(entry).length > 0 && (
              <Button variant="default" onClick={() => setAsking(true)}>
                {t("hours.change")}
              </Button>
            )}
            <Button variant="subtle" leftSection={<Printer size={18} />} onClick={() => print()}>
              {t("hours.print")}
            </Button>
          </div>
          {problem !== undefined && !isAsking && (
            <p role="alert" className={classes.problem}>
              {t(`hours.problem.${reasonOf(problem)}`)}
            </p>
          )}
        </header>
        <section className={classes.part} aria-labelledby="entry-story">
          <h2 id="entry-story">{t("hours.page.story")}</h2>
          <Story detail={{ ...detail, entry }} timeZone={hours.time_zone} />
          {entry.meeting !== null && (
            <p className={classes.record}>
              <Anchor
                component={Link}
                href={recordPath(entry.meeting.room.slug, entry.meeting.meeting_id)}
                className={classes.link}
              >
                {t("hours.page.record")}
              </Anchor>
              {!isOwnTime(entry.meeting.opened_at, hours.time_zone) && (
                <span className={classes.clock}>
                  {t("hours.page.recordClock", { zone: hours.time_zone.replaceAll("_", " ") })}
                </span>
              )}
            </p>
          )}
        </section>
        {evidence !== null && (
          <section className={classes.part} aria-labelledby="entry-evidence">
            <h2 id="entry-evidence">{t("hours.page.evidence")}</h2>
            <Evidence evidence={evidence} timeZone={hours.time_zone} />
            <div className={classes.events}>
              <p className={classes.note}>{t("hours.page.events")}</p>
              {evidence.is_cut && <p className={classes.note}>{t("hours.page.eventsCut")}</p>}
              {evidence.people.map((person) => (
                <EventList key={person.side} person={person} timeZone={hours.time_zone} />
              ))}
            </div>
          </section>
        )}
        <section className={classes.part} aria-labelledby="entry-log">
          <h2 id="entry-log">{t("hours.page.log")}</h2>
          <p className={classes.note}>{t("hours.page.logText")}</p>
          <LogSteps steps={detail.steps} timeZone={hours.time_zone} />
        </section>
      </article>
      <StepDialog
        entry={entry}
        ownId={me.person_id}
        taker={taker}
        isOpen={isAsking}
        onTaken={onTaken}
        onClose={() => setAsking(false)}
      />
    </Page>
  );
}

/** On paper nothing can be opened any more. */
function useOpenForPrint(): void {
  useEffect(() => {
    const open = () => {
      for (const part of document.querySelectorAll("main details")) part.setAttribute("open", "");
    };
    addEventListener("beforeprint", open);
    return () => removeEventListener("beforeprint", open);
  }, []);
}
