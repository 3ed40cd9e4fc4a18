/** What is below the line: the page once it is there, and otherwise why it is not. */

import { Button } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { DocumentLink } from "../documents/documentLink";
import type { DocumentInfo, DocumentKind } from "../protocol/generated";
import { useDocuments, useRoom, useSession } from "../session/sessionContext";
import classes from "./DeskBody.module.css";
import { NewPage } from "./NewPage";
import { Opening } from "./Opening";
import { useDocumentState } from "./useDocument";

interface DeskBodyProps {
  kind: DocumentKind;
  page: DocumentInfo | undefined;
  link: DocumentLink | undefined;
  children(page: DocumentInfo, link: DocumentLink): ReactNode;
}

export function DeskBody({ kind, page, link, children }: DeskBodyProps) {
  const isReading = useDocuments((state) => state.isReading);
  if (page === undefined) return isReading ? <Opening /> : <Empty kind={kind} />;
  if (link === undefined) return <Opening />;
  return (
    <Opened page={page} link={link}>
      {children}
    </Opened>
  );
}

function Opened({
  page,
  link,
  children,
}: { page: DocumentInfo; link: DocumentLink } & Pick<DeskBodyProps, "children">) {
  const { phase, epoch } = useDocumentState(link);
  if (phase.kind === "failed") return <Failed page={page} code={phase.problem.code} />;
  if (epoch === 0) return <Opening />;
  return (
    // Begun anew, it is another document.
    <div key={`${page.document_id} ${epoch}`} className={classes.page}>
      {children(page, link)}
    </div>
  );
}

function Empty({ kind }: { kind: DocumentKind }) {
  const { t } = useTranslation();
  const mayBegin = useRoom(({ permitted }) => permitted.includes("document_create"));
  return (
    <div className={classes.note}>
      <p className={classes.text}>{t(mayBegin ? `desk.empty.${kind}` : `desk.nothing.${kind}`)}</p>
      {mayBegin && <NewPage kind={kind} />}
    </div>
  );
}

function Failed({ page, code }: { page: DocumentInfo; code: string }) {
  const { t } = useTranslation();
  const session = useSession();
  const mayBeginAnew = useRoom(({ permitted }) => permitted.includes("document_begin_anew"));
  const isBroken = code === "document_broken";
  return (
    <div className={classes.note} role="alert">
      <p className={classes.text}>{t(isBroken ? "desk.broken.text" : "desk.failed")}</p>
      {isBroken && mayBeginAnew && (
        <Button onClick={() => void session.documents.beginAnew(page.document_id).catch(() => undefined)}>
          {t("desk.broken.beginAnew")}
        </Button>
      )}
    </div>
  );
}
