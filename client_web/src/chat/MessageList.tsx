/** What was written, oldest first, with the older pages read as one scrolls up. */

import { Button } from "@mantine/core";
import { ArrowDown } from "lucide-react";
import { useCallback, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { useRoom, useSession } from "../session/sessionContext";
import { chatRows } from "../state/chatGroups";
import { newestId, visiblePending } from "../state/chatLog";
import { ownParticipant, toBeRead } from "../state/roomState";
import { dayName } from "./dayName";
import { Group } from "./Group";
import classes from "./MessageList.module.css";
import { PendingMessages } from "./PendingMessages";
import { useChatScroll } from "./useChatScroll";
import { useReadMarker } from "./useReadMarker";

export function MessageList() {
  const { t, i18n } = useTranslation();
  const session = useSession();
  const chat = useRoom((state) => state.chat);
  const newAfter = useRoom((state) => state.newAfter);
  const unread = useRoom(toBeRead);
  const ownPersonId = useRoom((state) => ownParticipant(state)?.person_id ?? "");

  const rows = useMemo(
    () => chatRows(chat.messages, newAfter, ownPersonId),
    [chat.messages, newAfter, ownPersonId],
  );
  const pending = visiblePending(chat, ownPersonId);
  const loadOlder = useCallback(() => void session.chat.loadOlder(), [session]);
  const { list, isAtEnd, onScroll, scrollToEnd } = useChatScroll({
    firstKey: String(chat.messages[0]?.message_id),
    lastKey: `${newestId(chat)} ${pending.length}`,
    ownKey: chat.pending.at(-1)?.requestId ?? "",
    onNearStart: loadOlder,
  });
  useReadMarker(isAtEnd);
  const isEmpty = chat.messages.length === 0 && pending.length === 0;

  return (
    <div className={classes.frame}>
      <div
        ref={list}
        className={classes.list}
        role="log"
        aria-label={t("chat.history")}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        tabIndex={0}
        onScroll={onScroll}
      >
        {chat.hasMore && <p className={classes.older}>{t("chat.loadingOlder")}</p>}
        {isEmpty && (
          <div className={classes.empty}>
            <strong>{t("chat.empty")}</strong>
            <span>{t("chat.emptyText")}</span>
          </div>
        )}
        {rows.map((row) => {
          if (row.kind === "group") {
            return <Group key={row.key} group={row.group} isOwn={row.group.personId === ownPersonId} />;
          }
          return row.kind === "day" ? (
            <h3 key={row.key} className={classes.day}>
              {dayName(row.at, Date.now(), i18n.language, {
                today: t("chat.today"),
                yesterday: t("chat.yesterday"),
              })}
            </h3>
          ) : (
            <p key={row.key} className={classes.new} data-new-line>
              {t("chat.new")}
            </p>
          );
        })}
        <PendingMessages pending={pending} />
      </div>
      {!isAtEnd && (
        <Button
          className={classes.jump}
          size="sm"
          variant={unread > 0 ? "filled" : "default"}
          leftSection={<ArrowDown size={16} />}
          onClick={scrollToEnd}
        >
          {unread > 0 ? t("room.unread", { count: unread }) : t("chat.jump")}
        </Button>
      )}
    </div>
  );
}
