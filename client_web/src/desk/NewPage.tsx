/** Begin a page: blank, or with a template. */

import { Button } from "@mantine/core";
import { Plus } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { DocumentKind } from "../protocol/generated";
import { useSession } from "../session/sessionContext";
import { asProblem, type Problem } from "../shared/problem";
import classes from "./NewPage.module.css";
import { type Beginning, useBeginnings } from "./useBeginnings";

export function NewPage({ kind, onBegun }: { kind: DocumentKind; onBegun?: () => void }) {
  const { t } = useTranslation();
  const session = useSession();
  const beginnings = useBeginnings(kind);
  const [busy, setBusy] = useState<string | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const begin = async ({ id, begin: makeUpdate, title }: Beginning) => {
    setBusy(id);
    setProblem(null);
    try {
      await session.documents.begin(kind, title(), await makeUpdate());
      onBegun?.();
    } catch (error) {
      setProblem(asProblem(error));
    } finally {
      setBusy(null);
    }
  };
  return (
    <section className={classes.new} aria-label={t(`desk.new.${kind}`)}>
      <h3 className={classes.heading}>{t(`desk.new.${kind}`)}</h3>
      <div className={classes.choices}>
        {beginnings.map((beginning, index) => (
          <Button
            key={beginning.id}
            variant={index === 0 ? "filled" : "default"}
            leftSection={<Plus size={16} aria-hidden="true" />}
            loading={busy === beginning.id}
            disabled={busy !== null && busy !== beginning.id}
            onClick={() => void begin(beginning)}
          >
            {beginning.name}
          </Button>
        ))}
      </div>
      {problem !== null && (
        <p role="alert" className={classes.problem}>
          {t(`problem.${problem.code}`)}
        </p>
      )}
    </section>
  );
}
