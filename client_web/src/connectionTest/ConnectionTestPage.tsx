/** `/connection-test`: what works between this device and a meeting, in words, and what to do about the rest. */

import { Anchor, Button } from "@mantine/core";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useSearch } from "wouter";
import { useStore } from "zustand";
import { fetchSession } from "../connection/http";
import { roomOf } from "../shared/connectionTestFrom";
import { LoadingPage, Page } from "../shared/Page";
import { ProblemPage, WelcomePage } from "../shared/ProblemPage";
import type { Problem } from "../shared/problem";
import { usePageTitle } from "../shared/usePageTitle";
import { usePoll } from "../shared/usePoll";
import classes from "./ConnectionTestPage.module.css";
import { CopyDetails } from "./CopyDetails";
import { type CheckState, ConnectionCheck } from "./connectionCheck";
import { ResultList } from "./ResultList";
import { verdictOf } from "./results";

const SIGNED_IN_EVERY_MS = 60_000;

export function ConnectionTestPage() {
  const { t } = useTranslation();
  usePageTitle(`${t("connectionTest.title")} · ${t("app.name")}`);
  const { value, problem, retry } = usePoll(fetchSession, SIGNED_IN_EVERY_MS);
  if (problem?.category === "sign_in") return <WelcomePage note={t("connectionTest.signIn")} />;
  if (value === null) {
    return problem ? (
      <ProblemPage problem={problem} onRetry={retry} hasConnectionTest={false} />
    ) : (
      <LoadingPage />
    );
  }
  return <Test />;
}

function Test() {
  const { t } = useTranslation();
  const [check] = useState(() => new ConnectionCheck());
  const state = useStore(check.store);
  useEffect(() => () => check.close(), [check]);
  const isRunning = state.phase === "running";
  return (
    <Page>
      <div className={classes.test}>
        <h1>{t("connectionTest.title")}</h1>
        <Status state={state} />
        {state.phase !== "idle" && (
          <ResultList key={state.run} state={state} onHeard={(heard) => check.setHeard(heard)} />
        )}
        <div className={classes.actions}>
          <Button
            size="lg"
            loading={isRunning}
            variant={state.finishedAt === null ? "filled" : "default"}
            onClick={() => void check.run()}
          >
            {t(state.phase === "idle" ? "connectionTest.start" : "connectionTest.again")}
          </Button>
          {state.finishedAt !== null && <CopyDetails key={state.run} state={state} at={state.finishedAt} />}
        </div>
        <WayBack />
      </div>
    </Page>
  );
}

/** To the room that one came from, if it was one. */
function WayBack() {
  const { t } = useTranslation();
  const slug = roomOf(useSearch());
  return (
    <Anchor component={Link} href={slug === null ? "/" : `/r/${slug}`} className={classes.back}>
      {t(slug === null ? "connectionTest.home" : "connectionTest.backToRoom")}
    </Anchor>
  );
}

const FAILURES = ["too_many", "unreachable", "browser_unsupported", "media_unavailable"] as const;
const failureOf = (problem: Problem | null) => FAILURES.find((code) => code === problem?.code) ?? "other";

/** What is being tried, or what came of it, for eyes and ears. */
function Status({ state }: { state: CheckState }) {
  const { t } = useTranslation();
  const { phase, step, problem, results } = state;
  const verdict = phase === "done" ? verdictOf(results) : null;
  const words = () => {
    if (phase === "idle") return t("connectionTest.lead");
    if (phase === "failed") return t(`connectionTest.failed.${failureOf(problem)}`);
    if (verdict !== null) return t(`connectionTest.verdict.${verdict}`);
    return step === null ? t("page.loading") : t(`connectionTest.step.${step}`);
  };
  return (
    <p
      role="status"
      className={classes.status}
      data-verdict={phase === "failed" ? "failed" : (verdict ?? undefined)}
    >
      {words()}
    </p>
  );
}
