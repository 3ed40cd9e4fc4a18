/** Everything that is kept about oneself, as a file. */

import { Button } from "@mantine/core";
import { Download } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { fetchExport } from "../connection/account";
import { download } from "../shared/download";
import { asProblem } from "../shared/problem";
import classes from "./AccountPage.module.css";

const FILE_NAME = "roundup-my-data.zip";

type Outcome = "making" | "done" | "tooMany" | "signedOut" | "other";

export function ExportPart() {
  const { t } = useTranslation();
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  // Asked for here, and not followed as a link: what cannot be had is said in words.
  const save = async () => {
    setOutcome("making");
    try {
      download(await fetchExport(), FILE_NAME);
      setOutcome("done");
    } catch (error) {
      const { code, category } = asProblem(error);
      setOutcome(code === "too_many" ? "tooMany" : category === "sign_in" ? "signedOut" : "other");
    }
  };
  return (
    <section className={classes.part} aria-labelledby="account-export">
      <h2 id="account-export">{t("account.export.title")}</h2>
      <p className={classes.text}>{t("account.export.text")}</p>
      <div className={classes.row}>
        <Button
          variant="default"
          leftSection={<Download size={18} aria-hidden="true" />}
          loading={outcome === "making"}
          onClick={() => void save()}
        >
          {t("account.export.button")}
        </Button>
        <p role="status" className={classes.said}>
          {outcome !== null && wordsOf(outcome)}
        </p>
      </div>
    </section>
  );

  function wordsOf(said: Outcome): string {
    if (said === "signedOut" || said === "other") return t(`account.tokens.problem.${said}`);
    return t(`account.export.${said}`);
  }
}
