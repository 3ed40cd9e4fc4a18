/** The chat: beside the people where there is room, over them on a phone. */

import { ActionIcon } from "@mantine/core";
import { X } from "lucide-react";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { useRoom, useSession } from "../session/sessionContext";
import { isWide } from "../shared/useIsWide";
import { mayWrite } from "../state/roomState";
import classes from "./ChatPanel.module.css";
import { Composer } from "./Composer";
import { MessageList } from "./MessageList";
import { TypingLine } from "./TypingLine";

export const CHAT_ID = "chat";
export const CHAT_BUTTON_ID = "chat-button";
const MESSAGE_ID = "chat-message";

export function ChatPanel() {
  const { t } = useTranslation();
  const session = useSession();
  const panel = useRef<HTMLElement>(null);
  const canWrite = useRoom(mayWrite);

  useEffect(() => {
    const element = panel.current;
    const input = document.getElementById(MESSAGE_ID);
    // On a phone the keyboard would cover what one came to read.
    if (isWide() && input !== null) input.focus();
    else element?.focus({ preventScroll: true });
    return () => {
      const hadFocus = element?.contains(document.activeElement) || document.activeElement === document.body;
      if (hadFocus) requestAnimationFrame(() => document.getElementById(CHAT_BUTTON_ID)?.focus());
    };
  }, []);

  return (
    <aside
      id={CHAT_ID}
      ref={panel}
      className={classes.panel}
      aria-label={t("chat.title")}
      tabIndex={-1}
      onKeyDown={(event) => event.key === "Escape" && session.toggleChat(false)}
    >
      <header className={classes.head}>
        <h2>{t("chat.title")}</h2>
        <ActionIcon
          size={44}
          color="gray"
          className={classes.close}
          aria-label={t("chat.close")}
          onClick={() => session.toggleChat(false)}
        >
          <X size={22} />
        </ActionIcon>
      </header>
      <MessageList />
      <TypingLine />
      {canWrite ? (
        <Composer inputId={MESSAGE_ID} />
      ) : (
        <p className={classes.readOnly}>{t("chat.readOnly")}</p>
      )}
    </aside>
  );
}
