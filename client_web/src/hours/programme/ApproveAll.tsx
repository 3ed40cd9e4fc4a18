/** Approving all of a list at once, after a question that says how much it is. */

import { Button, Loader } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { confirmEntries, type EntryQuery, fetchEntries } from "../../connection/hours";
import type { HoursEntry } from "../../protocol/generated";
import { Dialog } from "../../shared/Dialog";
import { asProblem, type ProblemCode } from "../../shared/problem";
import { dayRange } from "../days";
import { minutesText } from "../durations";
import { RefusedList } from "../RefusedList";
import { reasonOf } from "../reasons";
import classes from "./ApproveAll.module.css";
import { type Approval, approveAll, NOTHING_SENT, readAll, sumOf } from "./duties";

interface ApproveAllProps {
  query: EntryQuery;
  today: string;
  ownId: string;
  isOpen: boolean;
  /** So many are approved now that were not. */
  onClose(approved: number): void;
}

export function ApproveAll(props: ApproveAllProps) {
  const { t } = useTranslation();
  const approved = useRef(0);
  const close = () => {
    const count = approved.current;
    approved.current = 0;
    props.onClose(count);
  };
  return (
    <Dialog title={t("programme.approve.title")} isOpen={props.isOpen} onClose={close}>
      <Question
        {...props}
        onClose={close}
        onApproved={(count) => {
          approved.current = count;
        }}
      />
    </Dialog>
  );
}

type Stage = "reading" | "asking" | "approving" | "done";

interface QuestionProps extends Omit<ApproveAllProps, "onClose" | "isOpen"> {
  onClose(): void;
  onApproved(count: number): void;
}

function Question({ query, today, ownId, onClose, onApproved }: QuestionProps) {
  const { t, i18n } = useTranslation();
  const { language } = i18n;
  const number = new Intl.NumberFormat(language);
  const [stage, setStage] = useState<Stage>("reading");
  const [read, setRead] = useState(0);
  const [entries, setEntries] = useState<readonly HoursEntry[]>([]);
  const [done, setDone] = useState<Approval>(NOTHING_SENT);
  const [problem, setProblem] = useState<ProblemCode | null>(null);
  const isStopped = useRef(false);
  const [asked] = useState(query);

  useEffect(() => {
    const end = new AbortController();
    // A dialog that was closed goes no further; it may be opened twice while one works on it.
    isStopped.current = false;
    readAll(fetchEntries, asked, end.signal, setRead).then(
      (found) => {
        setEntries(found);
        setStage("asking");
      },
      (error: unknown) => {
        if (end.signal.aborted) return;
        setProblem(asProblem(error).code);
        setStage("done");
      },
    );
    return () => {
      isStopped.current = true;
      end.abort();
    };
  }, [asked]);

  const approve = async () => {
    setStage("approving");
    try {
      await approveAll(
        confirmEntries,
        entries,
        () => isStopped.current,
        (now) => {
          setDone(now);
          onApproved(now.approved);
        },
      );
    } catch (error) {
      setProblem(asProblem(error).code);
    }
    setStage("done");
  };

  if (stage === "reading") {
    return (
      <p role="status" className={classes.line}>
        <Loader size="sm" /> {t("programme.approve.reading", { count: read })}
      </p>
    );
  }
  const sum = sumOf(entries);
  if (stage === "asking") {
    if (sum.days === null) return <p className={classes.text}>{t("programme.approve.none")}</p>;
    return (
      <div className={classes.question}>
        <p className={classes.what}>
          {t("programme.approve.what", {
            count: sum.count,
            time: minutesText(sum.minutes, language),
            days: dayRange(sum.days.from, sum.days.to, language),
          })}
        </p>
        <p className={classes.text}>{t("programme.approve.pairs", { count: sum.pairs })}</p>
        <p className={classes.text}>{t("programme.approve.final")}</p>
        <div className={classes.answers}>
          <Button variant="default" onClick={onClose}>
            {t("programme.approve.cancel")}
          </Button>
          <Button onClick={() => void approve()}>{t("programme.approve.do", { count: sum.count })}</Button>
        </div>
      </div>
    );
  }
  if (stage === "approving") {
    const progress = t("programme.approve.progress", {
      sent: number.format(done.sent),
      count: number.format(sum.count),
    });
    return (
      <div className={classes.question}>
        <progress className={classes.progress} max={sum.count} value={done.sent} aria-label={progress} />
        <p className={classes.text}>{progress}</p>
        <div className={classes.answers}>
          <Button
            variant="default"
            onClick={() => {
              isStopped.current = true;
            }}
          >
            {t("programme.approve.stop")}
          </Button>
        </div>
      </div>
    );
  }
  return (
    <div className={classes.question} role="status">
      {(done.approved > 0 || problem === null) && (
        <p className={classes.what}>{t("programme.approve.done", { count: done.approved })}</p>
      )}
      {done.refused.length > 0 && (
        <>
          <p className={classes.text}>{t("programme.approve.left", { count: done.refused.length })}</p>
          <RefusedList refused={done.refused} today={today} ownId={ownId} />
        </>
      )}
      {problem === null && done.sent < sum.count && (
        <p className={classes.text}>{t("programme.approve.stopped")}</p>
      )}
      {problem !== null && (
        <p role="alert" className={classes.problem}>
          {done.approved > 0 ? t("programme.approve.failed") : t(`hours.problem.${reasonOf(problem)}`)}
        </p>
      )}
      <div className={classes.answers}>
        <Button onClick={onClose}>{t("programme.approve.close")}</Button>
      </div>
    </div>
  );
}
