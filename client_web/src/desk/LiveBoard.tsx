/** A page of the board as it is now, or as it was. Loaded when a board is opened, with all that draws it. */

import { type Ref, useCallback, useMemo, useState } from "react";
import Board, { type BoardHandle } from "../board/Board";
import type { DocumentLink } from "../documents/documentLink";
import { createPictureStore } from "../documents/pictureStore";
import type { DocumentInfo } from "../protocol/generated";
import { useDocuments, useRoom, useSession } from "../session/sessionContext";
import { ownParticipant } from "../state/roomState";
import { type EarlierVersion, History } from "./History";
import { useIsEditable } from "./useIsEditable";

interface LiveBoardProps {
  page: DocumentInfo;
  link: DocumentLink;
  handle: Ref<BoardHandle>;
  isHistoryOpen: boolean;
  onHistoryClosed(): void;
}

export default function LiveBoard({ page, link, handle, isHistoryOpen, onHistoryClosed }: LiveBoardProps) {
  const session = useSession();
  const isEditable = useIsEditable(page);
  const own = useRoom(ownParticipant);
  const presenter = useRoom(({ snapshot }) => snapshot?.documents.presenter ?? null);
  const isFollowing = useDocuments((state) => state.isFollowing);
  const onFollowStopped = useCallback(() => session.documents.setFollowing(false), [session]);
  const isSought = useDocuments((state) => state.sought === "board");
  const onFound = useCallback(() => session.documents.found(), [session]);
  const [earlier, setEarlier] = useState<EarlierVersion | null>(null);
  const onBroughtBack = useCallback(() => setEarlier(null), []);
  const pictures = useMemo(
    () => createPictureStore(session.slug, page.document_id),
    [session.slug, page.document_id],
  );
  if (own === undefined) return null;
  const { participant_id: participantId, person_id: personId } = own;
  const load = async () => {
    const authors = await session.documents.authors(page.document_id);
    return new Map(
      authors.flatMap(({ clients, person_id }) => clients.map((client) => [client, person_id] as const)),
    );
  };
  const back = () => {
    onHistoryClosed();
    session.documents.show("board");
  };
  if (isHistoryOpen) {
    return (
      <History page={page} isEditable={isEditable} onBack={back} onRestore={setEarlier}>
        {(doc, awareness) => (
          <Board
            doc={doc}
            awareness={awareness}
            isEditable={false}
            title={page.title}
            ownId={participantId}
            presenterId={null}
            pictures={pictures}
            handle={handle}
          />
        )}
      </History>
    );
  }
  const isPresented = presenter?.document.document_id === page.document_id;
  const isFollowed = isPresented && (isFollowing || presenter?.participant_id === participantId);
  return (
    <Board
      doc={link.doc}
      awareness={link.awareness}
      isEditable={isEditable}
      title={page.title}
      ownId={participantId}
      presenterId={isFollowed ? (presenter?.participant_id ?? null) : null}
      onFollowStopped={onFollowStopped}
      whoDrew={{ personId, load }}
      earlier={earlier}
      onBroughtBack={onBroughtBack}
      isSought={isSought}
      onFound={onFound}
      pictures={pictures}
      handle={handle}
    />
  );
}
