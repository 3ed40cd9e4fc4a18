/** The pages of a board, or the notes of a room: turn to one, begin one, name or remove it. */

import { ActionIcon, Button, TextInput } from "@mantine/core";
import { Lock, Pencil, Trash2 } from "lucide-react";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { dayName } from "../chat/dayName";
import type { DocumentInfo, DocumentKind } from "../protocol/generated";
import { useRoom, useSession } from "../session/sessionContext";
import { Dialog } from "../shared/Dialog";
import { asProblem, type Problem } from "../shared/problem";
import { NewPage } from "./NewPage";
import classes from "./PagesDialog.module.css";
import { usePages } from "./useDocument";

interface PagesDialogProps {
  kind: DocumentKind;
  page: DocumentInfo | undefined;
  isOpen: boolean;
  onClose(): void;
}

export function PagesDialog({ kind, page, isOpen, onClose }: PagesDialogProps) {
  const { t } = useTranslation();
  return (
    <Dialog title={t(`desk.pages.${kind}`)} isOpen={isOpen} onClose={onClose}>
      <Pages kind={kind} page={page} onClose={onClose} />
    </Dialog>
  );
}

function Pages({ kind, page, onClose }: Omit<PagesDialogProps, "isOpen">) {
  const { t } = useTranslation();
  const session = useSession();
  const pages = usePages(kind);
  const [removed, setRemoved] = useState<DocumentInfo | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const mayBegin = useRoom(({ permitted }) => permitted.includes("document_create"));
  const hasMore = useRoom(({ documents }) => documents.hasMore);
  const attempt = (work: Promise<void>) => work.catch((error) => setProblem(asProblem(error)));
  return (
    <div className={classes.pages}>
      {pages.length > 0 && (
        <ul className={classes.list}>
          {pages.toReversed().map((one) => (
            <PageRow
              key={one.document_id}
              page={one}
              isShown={one.document_id === page?.document_id}
              onShow={() => {
                session.documents.setFollowing(false);
                session.documents.show(kind, one.document_id);
                onClose();
              }}
              onRename={(title) => attempt(session.documents.rename(one.document_id, title))}
              onRemove={() => attempt(session.documents.remove(one.document_id).then(() => setRemoved(one)))}
            />
          ))}
        </ul>
      )}
      {hasMore && (
        <Button variant="subtle" onClick={() => attempt(session.documents.loadEarlier())}>
          {t("desk.pages.earlier")}
        </Button>
      )}
      {mayBegin && <NewPage kind={kind} onBegun={onClose} />}
      <div role="status">
        {removed !== null && (
          <p className={classes.removed}>
            {t("desk.pages.removed", { title: removed.title })}
            <Button
              size="compact-sm"
              variant="subtle"
              onClick={() =>
                attempt(session.documents.restore(removed.document_id).then(() => setRemoved(null)))
              }
            >
              {t("desk.undo")}
            </Button>
          </p>
        )}
        {problem !== null && <p className={classes.problem}>{t(`problem.${problem.code}`)}</p>}
      </div>
    </div>
  );
}

interface PageRowProps {
  page: DocumentInfo;
  isShown: boolean;
  onShow(): void;
  onRename(title: string): void;
  onRemove(): void;
}

function PageRow({ page, isShown, onShow, onRename, onRemove }: PageRowProps) {
  const { t, i18n } = useTranslation();
  const [title, setTitle] = useState<string | null>(null);
  const mayRename = useRoom(
    ({ permitted }) =>
      permitted.includes("document_rename") && (!page.is_locked || permitted.includes("document_lock")),
  );
  const mayRemove = useRoom(({ permitted }) => permitted.includes("document_remove"));
  const words = { today: t("chat.today"), yesterday: t("chat.yesterday") };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (title !== null && title.trim() !== "" && title !== page.title) onRename(title);
    setTitle(null);
  };
  if (title !== null) {
    return (
      <li className={classes.row}>
        <form className={classes.form} onSubmit={submit}>
          <TextInput
            className={classes.input}
            aria-label={t("desk.pages.title")}
            value={title}
            maxLength={80}
            ref={selectAll}
            onChange={(event) => setTitle(event.currentTarget.value)}
          />
          <Button type="submit">{t("desk.pages.keep")}</Button>
          <Button variant="default" onClick={() => setTitle(null)}>
            {t("desk.pages.cancel")}
          </Button>
        </form>
      </li>
    );
  }
  return (
    <li className={classes.row}>
      <button type="button" className={classes.page} aria-current={isShown || undefined} onClick={onShow}>
        <span className={classes.title}>
          {page.title}
          {page.is_locked && <Lock size={14} aria-label={t("desk.locked")} className={classes.lock} />}
        </span>
        <span className={classes.day}>
          {page.health === "broken"
            ? t("desk.health.broken")
            : dayName(page.created_at, Date.now(), i18n.language, words)}
        </span>
      </button>
      {mayRename && (
        <ActionIcon
          size={40}
          color="gray"
          aria-label={t("desk.pages.rename", { title: page.title })}
          onClick={() => setTitle(page.title)}
        >
          <Pencil size={18} />
        </ActionIcon>
      )}
      {mayRemove && (
        <ActionIcon
          size={40}
          color="gray"
          aria-label={t("desk.pages.remove", { title: page.title })}
          onClick={onRemove}
        >
          <Trash2 size={18} />
        </ActionIcon>
      )}
    </li>
  );
}

/** What is to be named is written over at once. */
function selectAll(input: HTMLInputElement | null): void {
  input?.focus();
  input?.select();
}
