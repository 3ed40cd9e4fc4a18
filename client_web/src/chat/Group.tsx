/** Messages that one person wrote in one go. */

import { memo } from "react";
import { useTranslation } from "react-i18next";
import { Avatar } from "../shared/Avatar";
import type { MessageGroup } from "../state/chatGroups";
import { timeOf } from "./dayName";
import classes from "./Group.module.css";
import { MessageText } from "./MessageText";

interface GroupProps {
  group: MessageGroup;
  isOwn: boolean;
}

export const Group = memo(
  function Group({ group, isOwn }: GroupProps) {
    const { t, i18n } = useTranslation();
    const first = group.messages[0];
    if (first === undefined) return null;
    return (
      <article className={classes.group} data-own={isOwn || undefined}>
        <span className={classes.face}>
          <Avatar name={group.name} personId={group.personId} />
        </span>
        <div className={classes.body}>
          <p className={classes.head}>
            <span className={classes.name}>{isOwn ? t("chat.you") : group.name}</span>
            <time dateTime={new Date(first.sent_at).toISOString()}>
              {timeOf(first.sent_at, i18n.language)}
            </time>
          </p>
          {group.messages.map((message) => (
            <p
              key={message.message_id}
              className={classes.text}
              dir="auto"
              data-message-id={message.message_id}
            >
              <MessageText text={message.text} />
            </p>
          ))}
        </div>
      </article>
    );
  },
  (a, b) => a.isOwn === b.isOwn && isSameGroup(a.group, b.group),
);

/** Groups are made anew from the list each time; most are as they were. */
function isSameGroup(a: MessageGroup, b: MessageGroup): boolean {
  return (
    a.key === b.key &&
    a.messages.length === b.messages.length &&
    a.messages.every((message, index) => message === b.messages[index])
  );
}
