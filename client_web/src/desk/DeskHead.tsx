/** The line above a board or notes: which page it is, whether it is kept, and what can be done with it. */

import { ActionIcon } from "@mantine/core";
import { ChevronDown, Download, History, Lock, LockOpen, X } from "lucide-react";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import type { DocumentLink } from "../documents/documentLink";
import type { DocumentInfo, DocumentKind } from "../protocol/generated";
import { useRoom, useSession } from "../session/sessionContext";
import { type Copies, CopyDialog } from "../shared/CopyDialog";
import classes from "./DeskHead.module.css";
import { PagesDialog } from "./PagesDialog";
import { RareActions } from "./RareActions";
import { SavedMark } from "./SavedMark";

interface DeskHeadProps {
  kind: DocumentKind;
  page: DocumentInfo | undefined;
  link: DocumentLink | undefined;
  copies: Copies | null;
  isHistoryOpen: boolean;
  onHistory(): void;
  /** What only this kind has. */
  children?: ReactNode;
}

export function DeskHead({ kind, page, link, copies, isHistoryOpen, onHistory, children }: DeskHeadProps) {
  const { t } = useTranslation();
  const session = useSession();
  const [arePagesOpen, setPagesOpen] = useState(false);
  const [areCopiesOpen, setCopiesOpen] = useState(false);
  const mayLock = useRoom(({ permitted }) => permitted.includes("document_lock"));
  const rare = [
    copies !== null && {
      id: "copy",
      icon: Download,
      label: t("desk.copy.open"),
      act: () => setCopiesOpen(true),
    },
    mayLock &&
      page !== undefined && {
        id: "lock",
        icon: page.is_locked ? Lock : LockOpen,
        label: t(page.is_locked ? "desk.unlock" : "desk.lock"),
        isOn: page.is_locked,
        act: () => void session.documents.setLocked(page.document_id, !page.is_locked).catch(ignore),
      },
    link !== undefined && {
      id: "history",
      icon: History,
      label: t("desk.history.open"),
      isOn: isHistoryOpen,
      act: onHistory,
    },
  ].filter((action) => action !== false);
  return (
    <header className={classes.head}>
      <h2 className={classes.title}>
        <button
          type="button"
          className={classes.pages}
          aria-label={t("desk.pages.open", { kind: t(`desk.${kind}`), title: page?.title ?? "" })}
          onClick={() => setPagesOpen(true)}
        >
          <span className={classes.kind}>{t(`desk.${kind}`)}</span>{" "}
          <span className={classes.name}>{page?.title}</span>
          <ChevronDown size={18} aria-hidden="true" className={classes.icon} />
        </button>
      </h2>
      {page !== undefined && link !== undefined && <SavedMark link={link} page={page} />}
      <span className={classes.actions}>
        {children}
        <RareActions actions={rare} />
        <ActionIcon
          size={40}
          color="gray"
          aria-label={t(`desk.close.${kind}`)}
          title={t(`desk.close.${kind}`)}
          onClick={() => session.documents.hide(kind)}
        >
          <X size={22} />
        </ActionIcon>
      </span>
      <PagesDialog kind={kind} page={page} isOpen={arePagesOpen} onClose={() => setPagesOpen(false)} />
      {copies !== null && (
        <CopyDialog copies={copies} isOpen={areCopiesOpen} onClose={() => setCopiesOpen(false)} />
      )}
    </header>
  );
}

/** The button still says what is the case. */
function ignore(): void {}
