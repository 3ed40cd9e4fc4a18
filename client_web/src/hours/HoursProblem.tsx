/** What is shown when a page of the hours log cannot be. */

import { useTranslation } from "react-i18next";
import { MessagePage } from "../shared/Page";
import { ProblemPage } from "../shared/ProblemPage";
import type { Problem } from "../shared/problem";

interface HoursProblemProps {
  problem: Problem;
  onRetry(): void;
}

export function HoursProblem({ problem, onRetry }: HoursProblemProps) {
  const { t } = useTranslation();
  const isTheirs = problem.category !== "permission" && problem.category !== "request";
  if (isTheirs) return <ProblemPage problem={problem} onRetry={onRetry} />;
  const isForbidden = problem.code === "forbidden";
  return (
    <MessagePage title={t(isForbidden ? "hours.notYours" : "hours.notFound")}>
      <p>{t(isForbidden ? "hours.notYoursText" : "hours.notFoundText")}</p>
    </MessagePage>
  );
}
