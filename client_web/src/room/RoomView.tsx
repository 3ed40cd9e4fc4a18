/** Inside the room: people, controls, chat, and what there is to say about the connection. */

import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { ChatPanel } from "../chat/ChatPanel";
import { Announcer } from "../controls/Announcer";
import { useRoomKeys } from "../controls/useKeys";
import { BoardArea } from "../desk/BoardArea";
import { NotesPanel } from "../desk/NotesPanel";
import { useBoardSoon } from "../desk/useBoardSoon";
import { useDocuments, useRoom, useSession } from "../session/sessionContext";
import { useIsWide } from "../shared/useIsWide";
import { usePageTitle } from "../shared/usePageTitle";
import { toBeRead } from "../state/roomState";
import { Banner } from "./Banner";
import { ControlBar } from "./ControlBar";
import { Elsewhere } from "./Elsewhere";
import { Notices } from "./Notices";
import { RemoteAudio } from "./RemoteAudio";
import classes from "./RoomView.module.css";
import { SharingBar } from "./SharingBar";
import { Stage } from "./Stage";
import { TalkingMuted } from "./TalkingMuted";
import { useWakeLock } from "./useWakeLock";

export function RoomView() {
  const { t } = useTranslation();
  const session = useSession();
  const name = useRoom(({ snapshot }) => snapshot?.room.name ?? "");
  const count = useRoom(({ snapshot }) => snapshot?.participants.length ?? 0);
  const isWide = useIsWide();
  const isChatOpen = useRoom((state) => state.isChatOpen);
  const unread = useRoom(toBeRead);
  const isBoardOpen = useDocuments(({ isOpen }) => isOpen.board);
  const areNotesOpen = useDocuments(({ isOpen }) => isOpen.notes) && !isChatOpen;
  const hasPanel = isChatOpen || areNotesOpen;
  usePageTitle(`${unread > 0 ? `(${unread}) ` : ""}${name} · ${t("app.name")}`);
  useRoomKeys(session);
  useWakeLock();
  useBoardSoon();
  useEffect(() => {
    // Focus would be lost with the Join button; from here Tab leads through the room.
    document.getElementById(MAIN_ID)?.focus({ preventScroll: true });
  }, []);
  return (
    <div className={classes.room} data-chat={isChatOpen || undefined} data-notes={areNotesOpen || undefined}>
      {/* On a phone the chat lies over everything else: what is covered cannot be reached either. */}
      <main
        id={MAIN_ID}
        className={classes.main}
        data-board={isBoardOpen || undefined}
        tabIndex={-1}
        inert={hasPanel && !isWide}
      >
        <header className={classes.head}>
          <h1 className={classes.name}>{name}</h1>
          <span className={classes.count}>{t("room.participants", { count })}</span>
          <TalkingMuted />
        </header>
        <Banner />
        <SharingBar />
        {isBoardOpen && <BoardArea />}
        <Stage />
        <Notices />
        <Elsewhere />
        <ControlBar unread={unread} />
      </main>
      {isChatOpen && <ChatPanel />}
      {areNotesOpen && <NotesPanel />}
      <RemoteAudio />
      <Announcer />
    </div>
  );
}

const MAIN_ID = "room";
