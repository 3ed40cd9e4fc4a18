/** What is shown instead of a page that cannot be: what happened, in words, and what to do. */

import { Button } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { ConnectionTestLink } from "./ConnectionTestLink";
import { MessagePage } from "./Page";
import type { Problem } from "./problem";

const TITLED = [
  "other_person",
  "not_found",
  "forbidden",
  "version_mismatch",
  "unreachable",
  "browser_unsupported",
] as const;

interface ProblemPageProps {
  problem: Problem;
  onRetry?: () => void;
  /** The person was signed in a moment ago. */
  wasSignedIn?: boolean;
  hasConnectionTest?: boolean;
}

export function ProblemPage({
  problem,
  onRetry,
  wasSignedIn = false,
  hasConnectionTest = true,
}: ProblemPageProps) {
  const { t } = useTranslation();
  if (problem.category === "sign_in")
    return wasSignedIn ? <WelcomePage problem={problem} /> : <WelcomePage />;
  const titled = TITLED.find((code) => code === problem.code) ?? "other";
  const reload = () => location.reload();
  const isFinal = problem.category === "request" || problem.category === "permission";
  return (
    <MessagePage
      title={t(`problem.title.${titled}`)}
      action={
        isFinal ? undefined : (
          <Button size="lg" onClick={onRetry ?? reload}>
            {problem.category === "version" ? t("page.reload") : t("page.tryAgain")}
          </Button>
        )
      }
    >
      <p>{t(`problem.${problem.code}`)}</p>
      {hasConnectionTest && problem.category === "passing" && <ConnectionTestLink />}
    </MessagePage>
  );
}

interface WelcomePageProps {
  /** Why somebody who was signed in is so no more. */
  problem?: Problem;
  /** What one came for, and how to get there. */
  note?: string;
}

/** Nobody is signed in. */
export function WelcomePage({ problem, note }: WelcomePageProps) {
  const { t } = useTranslation();
  return (
    <MessagePage title={t("welcome.title")} hasWayHome={false}>
      {problem ? <p>{t(`problem.${problem.code}`)}</p> : <p>{t("welcome.text")}</p>}
      <p>{t("welcome.where")}</p>
      {note !== undefined && <p>{note}</p>}
    </MessagePage>
  );
}

export function NoPage() {
  const { t } = useTranslation();
  return (
    <MessagePage title={t("problem.title.page")}>
      <p>{t("problem.noPage")}</p>
    </MessagePage>
  );
}
