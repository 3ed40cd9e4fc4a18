/** `/hours/programme`: how far all pairs are, for coordinators. What is looked at stands in the address. */

import { Button } from "@mantine/core";
import { Download, Printer } from "lucide-react";
import { useCallback, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "wouter";
import { reportPath } from "../../connection/hoursFiles";
import { fetchSession } from "../../connection/http";
import { programmeEn } from "../../i18n/programmeEn";
import { programmeEs } from "../../i18n/programmeEs";
import type { HoursProgramme, SignedIn } from "../../protocol/generated";
import { LoadingPage, Page } from "../../shared/Page";
import { usePageTitle } from "../../shared/usePageTitle";
import { usePoll } from "../../shared/usePoll";
import { useTexts } from "../../shared/useTexts";
import { dayRange, fullDay } from "../days";
import { minutesText } from "../durations";
import { HoursProblem } from "../HoursProblem";
import { AnswerScale } from "./AnswerScale";
import { ContactBars } from "./ContactBars";
import { DutyPart, type Scope } from "./DutyPart";
import { Chosen, Filters } from "./Filters";
import { NeedyMentors } from "./NeedyMentors";
import { PairTable } from "./PairTable";
import classes from "./ProgrammePage.module.css";
import { createReader, type Programme } from "./readProgramme";
import { StandingBar } from "./StandingBar";
import { Textures } from "./Textures";
import {
  type Changes,
  daysOfWeek,
  isNarrowed,
  type Question,
  readView,
  type View,
  withChanges,
  wordsOf,
} from "./view";
import { WeekStack } from "./WeekStack";

const POLL_MS = 120_000;

interface Read extends Programme {
  signedIn: SignedIn;
}

export default function ProgrammePage() {
  useTexts(programmeEn, programmeEs);
  const { t } = useTranslation();
  const [search, setSearch] = useSearchParams();
  const view = useMemo(() => readView(search), [search]);
  const question = useQuestion(view);
  const [read] = useState(createPageReader);
  const readQuestion = useCallback((signal: AbortSignal) => read(question, signal), [read, question]);
  const { value, problem, retry } = usePoll(readQuestion, POLL_MS);
  const onChange = useCallback(
    (changes: Changes, isTyping = false) =>
      setSearch((now) => withChanges(now, changes), { replace: isTyping }),
    [setSearch],
  );
  usePageTitle(`${t("programme.title")} · ${t("app.name")}`);
  if (value === null || problem?.category === "permission" || problem?.category === "sign_in") {
    return problem === null ? <LoadingPage /> : <HoursProblem problem={problem} onRetry={retry} />;
  }
  return (
    <Shown
      read={value}
      view={view}
      isOld={value.question !== question}
      hasProblem={problem !== null}
      onChange={onChange}
      onRead={retry}
    />
  );
}

/** Return what there is to ask; the same one as long as it asks the same. */
function useQuestion({ days, week, kind, personId, standing, q }: View): Question {
  const [from, to] = [days?.from, days?.to];
  return useMemo(
    () => ({
      days: from === undefined || to === undefined ? null : { from, to },
      week,
      kind,
      personId,
      standing,
      q,
    }),
    [from, to, week, kind, personId, standing, q],
  );
}

function createPageReader(): (question: Question, signal: AbortSignal) => Promise<Read> {
  const read = createReader();
  let known: SignedIn | null = null;
  return async (question, signal) => {
    const [programme, signedIn] = await Promise.all([read(question, signal), known ?? fetchSession(signal)]);
    known = signedIn;
    return { ...programme, signedIn };
  };
}

interface ShownProps {
  read: Read;
  view: View;
  /** What is shown answers another question; the answer to the present one is on its way. */
  isOld: boolean;
  hasProblem: boolean;
  onChange(changes: Changes, isTyping?: boolean): void;
  onRead(): void;
}

function Shown({ read, view, isOld, hasProblem, onChange, onRead }: ShownProps) {
  const { t, i18n } = useTranslation();
  const { shown, whole, standings, signedIn, question } = read;
  const { today } = shown;
  const days = { from: whole.first_day, to: whole.last_day };
  const week = view.week === undefined ? null : daysOfWeek(view.week, days);
  const term = whole.terms.find(({ first_day, last_day }) => first_day === days.from && last_day === days.to);
  const scope = useScope(shown, question);
  const words = wordsOf({ ...question, days: { from: shown.first_day, to: shown.last_day } });
  const overdue = standings.find(({ standing }) => standing === "overdue")?.pair_count ?? 0;
  const isEmpty = whole.pairs.length === 0 && !isNarrowed(view);
  const choosePerson = useCallback((person: string) => onChange({ person }), [onChange]);
  return (
    <Page>
      <Textures />
      <div className={classes.programme} aria-busy={isOld} data-old={isOld || undefined}>
        <header className={classes.head}>
          <div className={classes.heading}>
            <p className={classes.name}>{signedIn.programme_name}</p>
            <h1>
              <span className={classes.onScreen}>{t("programme.title")}</span>
              <span className={classes.onPaper}>{t("programme.report")}</span>
            </h1>
            <p className={classes.lead}>
              {term !== undefined && `${term.name} · `}
              {dayRange(days.from, days.to, i18n.language)}
              <span className={classes.onPaper}>
                {" · "}
                {t("programme.made", { day: fullDay(today, i18n.language) })}
              </span>
            </p>
          </div>
          {!isEmpty && <Tools words={words} />}
        </header>
        {hasProblem && (
          <p role="status" className={classes.problem}>
            {t("programme.unread")}
          </p>
        )}
        {isEmpty ? (
          <p className={classes.lead}>{t("programme.nobody")}</p>
        ) : (
          <>
            <div className={classes.what}>
              <Filters view={view} days={days} terms={whole.terms} onChange={onChange} />
              <Chosen view={view} name={nameOf(shown, view.personId)} week={week} onChange={onChange} />
            </div>
            {shown.pairs.length === 0 ? (
              <None onChange={onChange} />
            ) : (
              <>
                <div className={classes.short}>
                  <Sums shown={shown} />
                  <StandingBar
                    standings={standings}
                    chosen={view.standing}
                    onChoose={(standing) => onChange({ standing })}
                  />
                </div>
                <DutyPart
                  scope={scope}
                  overdueCount={view.standing === undefined || view.standing === "overdue" ? overdue : 0}
                  counts={shown.open_entries}
                  open={view.duty}
                  ownId={signedIn.person.person_id}
                  onOpen={(list) => onChange({ list })}
                  onShowOverdue={() => onChange({ standing: "overdue" })}
                  onChanged={onRead}
                />
                <div className={classes.charts}>
                  <div className={classes.wide}>
                    <WeekStack
                      weeks={whole.weeks}
                      chosen={view.week}
                      onChoose={(monday) => onChange({ week: monday })}
                    />
                  </div>
                  <ContactBars contacts={shown.contacts} />
                  <AnswerScale answers={shown.answers} today={today} />
                  <NeedyMentors pairs={shown.pairs} onChoose={choosePerson} />
                </div>
                <PairTable pairs={shown.pairs} view={view} today={today} onChange={onChange} />
              </>
            )}
          </>
        )}
      </div>
    </Page>
  );
}

/** Of whom and of when entries are looked for; the same as long as it says the same. */
function useScope({ first_day: from, last_day: to, today }: HoursProgramme, question: Question): Scope {
  const { kind, personId, standing, q } = question;
  return useMemo(
    () => ({ days: { from, to }, today, words: { kind, personId, standing, q } }),
    [from, to, today, kind, personId, standing, q],
  );
}

function nameOf({ pairs }: HoursProgramme, personId: string | undefined): string | null {
  if (personId === undefined) return null;
  const people = pairs.flatMap(({ status }) => [
    status.mentor,
    status.mentee,
    status.substitute ?? status.mentor,
  ]);
  return people.find(({ person_id }) => person_id === personId)?.name ?? null;
}

/** What is shown, as a file and on paper. */
function Tools({ words }: { words: string }) {
  const { t } = useTranslation();
  return (
    <div className={classes.tools}>
      {(["csv", "xlsx"] as const).map((format) => (
        <Button
          key={format}
          component="a"
          href={reportPath(format, words)}
          download
          variant="default"
          leftSection={<Download size={18} />}
          aria-label={t(`programme.export.${format}Long`)}
        >
          {t(`programme.export.${format}`)}
        </Button>
      ))}
      <Button variant="default" leftSection={<Printer size={18} />} onClick={() => print()}>
        {t("programme.print")}
      </Button>
    </div>
  );
}

function Sums({ shown }: { shown: HoursProgramme }) {
  const { t, i18n } = useTranslation();
  const { language } = i18n;
  const count = shown.pairs.length;
  const rest = [
    t("programme.sum.average", {
      time: minutesText(Math.round(shown.credited_minutes / Math.max(1, count)), language),
    }),
    ...(shown.waiting_minutes > 0
      ? [t("programme.sum.waiting", { time: minutesText(shown.waiting_minutes, language) })]
      : []),
    t("programme.sum.disputed", { count: shown.disputed_count }),
  ];
  return (
    <section className={classes.sums} aria-label={t("programme.sum.label")}>
      <p className={classes.sum}>
        <strong>{minutesText(shown.credited_minutes, language)}</strong>
        <span>{t("programme.sum.credited", { count })}</span>
      </p>
      <p className={classes.rest}>{rest.join(" · ")}</p>
    </section>
  );
}

function None({ onChange }: { onChange(changes: Changes): void }) {
  const { t } = useTranslation();
  return (
    <div className={classes.none}>
      <p>{t("programme.none")}</p>
      <Button
        variant="default"
        onClick={() => onChange({ kind: undefined, person: undefined, standing: undefined, q: undefined })}
      >
        {t("programme.showAll")}
      </Button>
    </div>
  );
}
