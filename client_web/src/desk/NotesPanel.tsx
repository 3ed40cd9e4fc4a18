/** The notes: beside the people where there is room, over them on a phone. */

import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { untilLoaded } from "../connection/untilLoaded";
import type { DocumentInfo } from "../protocol/generated";
import { useSession } from "../session/sessionContext";
import type { Copies } from "../shared/CopyDialog";
import { COPIES, copyQuery, type NotesCopy } from "../shared/copies";
import { fetchedPart } from "../shared/fetchedPart";
import { DeskBody } from "./DeskBody";
import { DeskHead } from "./DeskHead";
import { FreshLine } from "./FreshLine";
import classes from "./NotesPanel.module.css";
import { Opening } from "./Opening";
import { useLink, useShownPage } from "./useDocument";

export const NOTES_ID = "notes";
export const NOTES_BUTTON_ID = "notes-button";

const importNotes = () => import("./LiveNotes");
const LiveNotes = fetchedPart(() => untilLoaded(importNotes), Opening);

/** Fetches the editor while one reaches for the notes, and while their page is being opened. */
export function fetchNotes(): void {
  importNotes().catch(() => undefined); // it is said where the notes are to be
}

export function NotesPanel() {
  const { t } = useTranslation();
  const panel = useRef<HTMLElement>(null);
  const page = useShownPage("notes");
  const link = useLink(page?.document_id);
  const [historyOf, setHistoryOf] = useState<string | null>(null);
  const isHistoryOpen = page !== undefined && historyOf === page.document_id;
  const copies = useCopies(page);
  useEffect(fetchNotes, []);
  useEffect(() => {
    const element = panel.current;
    element?.focus({ preventScroll: true });
    return () => {
      const hadFocus = element?.contains(document.activeElement) || document.activeElement === document.body;
      if (hadFocus) requestAnimationFrame(() => document.getElementById(NOTES_BUTTON_ID)?.focus());
    };
  }, []);
  return (
    <aside id={NOTES_ID} ref={panel} className={classes.panel} aria-label={t("desk.notes")} tabIndex={-1}>
      <DeskHead
        kind="notes"
        page={page}
        link={link}
        copies={isHistoryOpen ? null : copies}
        isHistoryOpen={isHistoryOpen}
        onHistory={() => setHistoryOf(isHistoryOpen ? null : (page?.document_id ?? null))}
      />
      <FreshLine kind="notes" page={page} />
      <DeskBody kind="notes" page={page} link={link}>
        {(shown, opened) => (
          <LiveNotes
            page={shown}
            link={opened}
            isHistoryOpen={isHistoryOpen}
            onHistoryClosed={() => setHistoryOf(null)}
          />
        )}
      </DeskBody>
    </aside>
  );
}

/** Of the notes as they are now, which is why earlier versions have none. */
function useCopies(page: DocumentInfo | undefined): Copies<NotesCopy> | null {
  const { i18n } = useTranslation();
  const { slug } = useSession();
  if (page === undefined) return null;
  const day = new Intl.DateTimeFormat(i18n.language, { dateStyle: "long" }).format(page.created_at);
  const path = `/api/rooms/${encodeURIComponent(slug)}/notes/${page.document_id}`;
  const query = copyQuery(i18n.language, day);
  return { endings: COPIES.notes, hrefOf: (ending) => `${path}.${ending}?${query}` };
}
