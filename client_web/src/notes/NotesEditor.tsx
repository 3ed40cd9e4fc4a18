/** The notes of a room, to write together. Loaded when they are opened; bound to a document that somebody else keeps in sync. */

import { Component, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { Awareness } from "y-protocols/awareness";
import type * as Y from "yjs";
import type { RoomKind } from "../protocol/generated";
import { Notes } from "./Notes";
import classes from "./NotesEditor.module.css";
import type { Person } from "./popups";

export interface NotesEditorProps {
  doc: Y.Doc;
  awareness: Awareness;
  isEditable: boolean;
  /** The name of the text for people who listen. */
  title: string;
  self: { personId: string; name: string };
  /** For "@" and for who does an action item. */
  people: readonly Person[];
  /** What moments are counted from; `now` is the server's clock, as far as it is known here, both in ms. */
  meeting: { meetingId: string; openedAt: number; now(): number } | null;
  /** Offers an outline while nothing is written; `documentName` tells this document from others. */
  outline?: { kind: RoomKind; documentName: string };
  /** By Yjs client id: who wrote under it. Asked only while somebody wants to know. */
  loadAuthors?(): Promise<ReadonlyMap<number, { personId: string; name: string }>>;
  /** How the notes were, to be brought back as soon as they are there, and what that version is called. */
  earlier?: { doc: Y.Doc; name: string } | null;
  onBroughtBack?(): void;
  /** A moment of a meeting was clicked. */
  onTimestamp?(meetingId: string, at: number): void;
}

export default function NotesEditor(props: NotesEditorProps) {
  return (
    <Guard key={props.doc.guid}>
      <Notes {...props} />
    </Guard>
  );
}

/** Whatever a document holds, the page around it stays. */
class Guard extends Component<{ children: ReactNode }, { isBroken: boolean }> {
  override state = { isBroken: false };

  static getDerivedStateFromError() {
    return { isBroken: true };
  }

  override render() {
    return this.state.isBroken ? <Broken /> : this.props.children;
  }
}

function Broken() {
  const { t } = useTranslation();
  return (
    <p role="alert" className={classes.broken}>
      {t("notes.broken")}
    </p>
  );
}
