/** A slider through the versions of a page, one of them on show, and the way back to it. */

import { Button } from "@mantine/core";
import { type ReactNode, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { Awareness } from "y-protocols/awareness";
import { type Doc, encodeStateAsUpdate } from "yjs";
import { dayName, timeOf } from "../chat/dayName";
import type { DocumentInfo, DocumentVersion } from "../protocol/generated";
import { useSession } from "../session/sessionContext";
import { asProblem, type Problem } from "../shared/problem";
import { documentOf } from "./documentOf";
import classes from "./History.module.css";

interface HistoryProps {
  page: DocumentInfo;
  isEditable: boolean;
  onBack(): void;
  onRestore(version: EarlierVersion): void;
  /** Shows a document as it was; nobody else is in it. */
  children(doc: Doc, awareness: Awareness): ReactNode;
}

/** How a document was, and when: as it is called. */
export interface EarlierVersion {
  doc: Doc;
  name: string;
}

interface Shown {
  seq: number;
  doc: Doc;
  awareness: Awareness;
}

export function History({ page, isEditable, onBack, onRestore, children }: HistoryProps) {
  const { t, i18n } = useTranslation();
  const { versions, problem } = useVersions(page.document_id);
  const [chosen, setChosen] = useState<number | null>(null);
  const index = chosen ?? versions.length - 1;
  const version = versions[index];
  const shown = useVersion(page.document_id, version);
  const words = { today: t("chat.today"), yesterday: t("chat.yesterday") };
  const name = ({ at }: DocumentVersion) =>
    `${dayName(at, Date.now(), i18n.language, words)}, ${timeOf(at, i18n.language)}`;
  const restore = () => {
    if (shown === null || version === undefined) return;
    // The one that is shown ends with this view.
    onRestore({ doc: documentOf(encodeStateAsUpdate(shown.doc)), name: name(version) });
    onBack();
  };
  return (
    <div className={classes.history}>
      <section className={classes.bar} aria-label={t("desk.history.title")}>
        <p className={classes.name} aria-live="polite">
          {version === undefined ? t("desk.history.none") : name(version)}
        </p>
        {versions.length > 1 && (
          <input
            className={classes.slider}
            type="range"
            min={0}
            max={versions.length - 1}
            value={index}
            aria-label={t("desk.history.slider")}
            aria-valuetext={version === undefined ? undefined : name(version)}
            onChange={(event) => setChosen(event.currentTarget.valueAsNumber)}
          />
        )}
        {isEditable && (
          <Button size="sm" disabled={shown === null || shown.seq !== version?.seq} onClick={restore}>
            {t("desk.history.restore")}
          </Button>
        )}
        <Button size="sm" variant="default" onClick={onBack}>
          {t("desk.history.back")}
        </Button>
        {problem !== null && <p role="alert">{t(`problem.${problem.code}`)}</p>}
      </section>
      {/* Another document is another editor. */}
      <div key={shown?.seq} className={classes.shown}>
        {shown !== null && children(shown.doc, shown.awareness)}
      </div>
    </div>
  );
}

function useVersions(documentId: string) {
  const session = useSession();
  const [versions, setVersions] = useState<readonly DocumentVersion[]>([]);
  const [problem, setProblem] = useState<Problem | null>(null);
  useEffect(() => {
    let isWanted = true;
    session.documents
      .versions(documentId)
      .then((found) => isWanted && setVersions(found))
      .catch((error) => isWanted && setProblem(asProblem(error)));
    return () => {
      isWanted = false;
    };
  }, [session, documentId]);
  return { versions, problem };
}

/** The version that is asked for, once it is there; until then the one before. */
function useVersion(documentId: string, version: DocumentVersion | undefined): Shown | null {
  const session = useSession();
  const [shown, setShown] = useState<Shown | null>(null);
  const seq = version?.seq;
  useEffect(() => {
    if (seq === undefined) return;
    const end = new AbortController();
    const show = async () => {
      const doc = documentOf(await session.documents.version(documentId, seq, end.signal));
      if (end.signal.aborted) doc.destroy();
      else setShown({ seq, doc, awareness: new Awareness(doc) });
    };
    // Sliding over many versions at once asks for the last of them.
    const timer = setTimeout(() => void show().catch(() => undefined), 120);
    return () => {
      end.abort();
      clearTimeout(timer);
    };
  }, [session, documentId, seq]);
  useEffect(() => () => shown?.doc.destroy(), [shown]);
  return shown;
}
