/** `/account`: what is kept about oneself, to take along, and the tokens of one's programs. Loaded with its texts. */

import { useTranslation } from "react-i18next";
import { fetchTokens } from "../connection/account";
import { fetchSession } from "../connection/http";
import { accountEn } from "../i18n/accountEn";
import { accountEs } from "../i18n/accountEs";
import type { ApiToken, Person } from "../protocol/generated";
import { LoadingPage, Page } from "../shared/Page";
import { ProblemPage } from "../shared/ProblemPage";
import { usePageTitle } from "../shared/usePageTitle";
import { usePoll } from "../shared/usePoll";
import { useTexts } from "../shared/useTexts";
import classes from "./AccountPage.module.css";
import { ExportPart } from "./ExportPart";
import { TokenPart } from "./TokenPart";

const POLL_MS = 60_000;

interface Account {
  me: Person;
  tokens: readonly ApiToken[];
}

export default function AccountPage() {
  useTexts(accountEn, accountEs);
  const { t } = useTranslation();
  usePageTitle(`${t("account.title")} · ${t("app.name")}`);
  const { value, problem, retry } = usePoll(readAccount, POLL_MS);
  if (value === null || problem?.category === "sign_in") {
    return problem === null ? <LoadingPage /> : <ProblemPage problem={problem} onRetry={retry} />;
  }
  return (
    <Page>
      <div className={classes.account}>
        <header>
          <h1>{t("account.title")}</h1>
          <p className={classes.lead}>{t("account.signedInAs", { name: value.me.name })}</p>
        </header>
        <ExportPart />
        <TokenPart tokens={value.tokens} onChanged={retry} />
      </div>
    </Page>
  );
}

async function readAccount(signal: AbortSignal): Promise<Account> {
  const [{ tokens }, { person }] = await Promise.all([fetchTokens(signal), fetchSession(signal)]);
  return { me: person, tokens };
}
