/** The board in a room: the page that is shown, who is followed on it, and its history. */

import { ActionIcon } from "@mantine/core";
import { Presentation } from "lucide-react";
import { useCallback, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { BoardHandle } from "../board/Board";
import { untilLoaded } from "../connection/untilLoaded";
import { loadDocumentLink } from "../documents/loadDocumentLink";
import type { DocumentInfo } from "../protocol/generated";
import { useDocuments, useRoom, useSession } from "../session/sessionContext";
import { type BoardCopy, COPIES } from "../shared/copies";
import { fetchedPart } from "../shared/fetchedPart";
import classes from "./BoardArea.module.css";
import { DeskBody } from "./DeskBody";
import { DeskHead } from "./DeskHead";
import { FollowLine } from "./FollowLine";
import { FreshLine } from "./FreshLine";
import { Opening } from "./Opening";
import { useLink, useShownPage } from "./useDocument";

const importBoard = () => import("./LiveBoard");
const LiveBoard = fetchedPart(() => untilLoaded(importBoard), Opening);

/** Fetches what opens and draws the board: soon after joining or when one reaches for it, and while its page is being opened. */
export function fetchBoard(): void {
  Promise.all([loadDocumentLink(), importBoard()]).catch(() => undefined); // it is said where the board is to be
}

export function BoardArea() {
  const page = useShownPage("board");
  const link = useLink(page?.document_id);
  const [historyOf, setHistoryOf] = useState<string | null>(null);
  useEffect(fetchBoard, []);
  const board = useRef<BoardHandle>(null);
  const save = useCallback(async (format: BoardCopy) => {
    if (board.current === null) throw new Error("the board is not there yet");
    await board.current.save(format);
  }, []);
  const isHistoryOpen = page !== undefined && historyOf === page.document_id;
  return (
    <div className={classes.area}>
      <DeskHead
        kind="board"
        page={page}
        link={link}
        copies={link === undefined ? null : { endings: COPIES.board, save }}
        isHistoryOpen={isHistoryOpen}
        onHistory={() => setHistoryOf(isHistoryOpen ? null : (page?.document_id ?? null))}
      >
        {page !== undefined && <PresentButton page={page} />}
      </DeskHead>
      <div>
        <FollowLine page={page} />
        <FreshLine kind="board" page={page} />
      </div>
      <DeskBody kind="board" page={page} link={link}>
        {(shown, opened) => (
          <LiveBoard
            page={shown}
            link={opened}
            handle={board}
            isHistoryOpen={isHistoryOpen}
            onHistoryClosed={() => setHistoryOf(null)}
          />
        )}
      </DeskBody>
    </div>
  );
}

function PresentButton({ page }: { page: DocumentInfo }) {
  const { t } = useTranslation();
  const session = useSession();
  const mayPresent = useRoom(({ permitted }) => permitted.includes("document_present"));
  const isMine = useRoom(
    ({ snapshot, you }) =>
      snapshot?.documents.presenter?.participant_id === you?.participant_id && you !== null,
  );
  const isFollowing = useDocuments((state) => state.isFollowing);
  if (!mayPresent) return null;
  const label = t(isMine ? "desk.present.stop" : "desk.present.start");
  return (
    <ActionIcon
      size={40}
      color={isMine ? undefined : "gray"}
      variant={isMine ? "filled" : undefined}
      aria-label={label}
      title={label}
      aria-pressed={isMine}
      disabled={isFollowing}
      onClick={() => void session.documents.present(isMine ? null : page.document_id).catch(() => undefined)}
    >
      <Presentation size={20} />
    </ActionIcon>
  );
}
