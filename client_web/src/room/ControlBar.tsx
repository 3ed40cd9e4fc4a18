/** The row of controls under the people. */

import { DoorOpen, MessageCircle, NotebookPen, PencilRuler, Settings } from "lucide-react";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { CHAT_BUTTON_ID, CHAT_ID } from "../chat/ChatPanel";
import { CameraButton, MicrophoneButton } from "../controls/DeviceButtons";
import { DeviceRows } from "../controls/DeviceRows";
import { RoundButton } from "../controls/RoundButton";
import { ScreenButton } from "../controls/ScreenButton";
import { fetchBoard } from "../desk/BoardArea";
import { fetchNotes, NOTES_BUTTON_ID, NOTES_ID } from "../desk/NotesPanel";
import { useDocuments, useRoom, useSession } from "../session/sessionContext";
import { SettingsDialog } from "../shared/SettingsDialog";
import { maySend } from "../state/roomState";
import classes from "./ControlBar.module.css";

export function ControlBar({ unread }: { unread: number }) {
  const { t } = useTranslation();
  const session = useSession();
  const isChatOpen = useRoom((state) => state.isChatOpen);
  const canSend = useRoom(maySend);
  const isBoardOpen = useDocuments(({ isOpen }) => isOpen.board);
  const areNotesOpen = useDocuments(({ isOpen }) => isOpen.notes) && !isChatOpen;
  const [areSettingsOpen, setSettingsOpen] = useState(false);
  const hasNews = useDocuments((state) => state.hasNews);
  const unreadId = useId();
  const newsId = useId();
  const openSettings = () => {
    void session.local.refreshDevices();
    setSettingsOpen(true);
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset belongs to a form
    <div className={classes.bar} role="group" aria-label={t("room.controls")}>
      {canSend && <MicrophoneButton hasCaption />}
      {canSend && <CameraButton hasCaption />}
      {canSend && <ScreenButton />}
      <RoundButton
        label={t("desk.board")}
        caption={t("desk.board")}
        shortcut="B"
        icon={PencilRuler}
        tone="plain"
        isExpanded={isBoardOpen}
        onClick={() => session.toggleBoard()}
        onApproach={fetchBoard}
        describedBy={hasNews.board ? newsId : undefined}
      >
        {hasNews.board && <span className={classes.dot} />}
      </RoundButton>
      <RoundButton
        id={NOTES_BUTTON_ID}
        label={t("desk.notes")}
        caption={t("desk.notes")}
        shortcut="N"
        icon={NotebookPen}
        tone="plain"
        isExpanded={areNotesOpen}
        controls={NOTES_ID}
        onClick={() => session.toggleNotes()}
        onApproach={fetchNotes}
        describedBy={hasNews.notes ? newsId : undefined}
      >
        {hasNews.notes && <span className={classes.dot} />}
      </RoundButton>
      <RoundButton
        id={CHAT_BUTTON_ID}
        label={t("room.chat")}
        caption={t("room.chat")}
        shortcut="C"
        icon={MessageCircle}
        tone="plain"
        isExpanded={isChatOpen}
        controls={CHAT_ID}
        describedBy={unread > 0 ? unreadId : undefined}
        onClick={() => session.toggleChat()}
      >
        {unread > 0 && <span className={classes.badge} data-count={unread > 99 ? "99+" : unread} />}
      </RoundButton>
      <span id={newsId} hidden>
        {t("desk.news")}
      </span>
      <span id={unreadId} hidden>
        {t("room.unread", { count: unread })}
      </span>
      <RoundButton
        label={t("room.devices")}
        caption={t("room.short.devices")}
        icon={Settings}
        tone="plain"
        onClick={openSettings}
      />
      <RoundButton
        label={t("room.leave")}
        caption={t("room.leave")}
        icon={DoorOpen}
        tone="leave"
        onClick={() => session.leave()}
      />
      <SettingsDialog
        isOpen={areSettingsOpen}
        onClose={() => setSettingsOpen(false)}
        footer={<p className={classes.keys}>{t(canSend ? "room.keys.all" : "room.keys.chat")}</p>}
      >
        <DeviceRows hasLabels />
      </SettingsDialog>
    </div>
  );
}
