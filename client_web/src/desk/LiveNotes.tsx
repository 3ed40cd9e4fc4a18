/** Notes as they are now, or as they were. Loaded when notes are opened, with the editor. */

import { useCallback, useState } from "react";
import type { DocumentLink } from "../documents/documentLink";
import NotesEditor from "../notes/NotesEditor";
import type { DocumentInfo } from "../protocol/generated";
import { useRoom, useSession } from "../session/sessionContext";
import { recordPath } from "../shared/recordPath";
import { ownParticipant } from "../state/roomState";
import { type EarlierVersion, History } from "./History";
import { useIsEditable } from "./useIsEditable";
import { usePeople } from "./usePeople";

interface LiveNotesProps {
  page: DocumentInfo;
  link: DocumentLink;
  isHistoryOpen: boolean;
  onHistoryClosed(): void;
}

export default function LiveNotes({ page, link, isHistoryOpen, onHistoryClosed }: LiveNotesProps) {
  const session = useSession();
  const isEditable = useIsEditable(page);
  const own = useRoom(ownParticipant);
  const people = usePeople(isEditable);
  const info = useRoom(({ snapshot }) => snapshot?.meeting);
  const kind = useRoom(({ snapshot }) => snapshot?.room.kind ?? "round_up");
  const [earlier, setEarlier] = useState<EarlierVersion | null>(null);
  const onBroughtBack = useCallback(() => setEarlier(null), []);
  const loadAuthors = useCallback(async () => {
    const authors = await session.documents.authors(page.document_id);
    const byClient = authors.flatMap(({ clients, person_id: personId, name }) =>
      clients.map((client) => [client, { personId, name }] as const),
    );
    return new Map(byClient);
  }, [session, page.document_id]);
  if (own === undefined) return null;
  const self = { personId: own.person_id, name: own.name };
  const meeting =
    info === undefined
      ? null
      : { meetingId: info.meeting_id, openedAt: info.opened_at, now: () => session.clock.now() };
  // In another tab: whoever looks something up stays in the room.
  const goToMoment = (meetingId: string, at: number) =>
    window.open(recordPath(session.slug, meetingId, at), "_blank", "noopener");
  if (isHistoryOpen) {
    return (
      <History page={page} isEditable={isEditable} onBack={onHistoryClosed} onRestore={setEarlier}>
        {(doc, awareness) => (
          <NotesEditor
            doc={doc}
            awareness={awareness}
            isEditable={false}
            title={page.title}
            self={self}
            people={people}
            meeting={null}
            onTimestamp={goToMoment}
          />
        )}
      </History>
    );
  }
  return (
    <NotesEditor
      doc={link.doc}
      awareness={link.awareness}
      isEditable={isEditable}
      title={page.title}
      self={self}
      people={people}
      meeting={meeting}
      outline={{ kind, documentName: page.document_id }}
      loadAuthors={loadAuthors}
      earlier={earlier}
      onBroughtBack={onBroughtBack}
      onTimestamp={goToMoment}
    />
  );
}
