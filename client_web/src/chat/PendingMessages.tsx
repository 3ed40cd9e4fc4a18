/** What this person has written and the room has not confirmed yet. */

import { useTranslation } from "react-i18next";
import { useRoom, useSession } from "../session/sessionContext";
import { Avatar } from "../shared/Avatar";
import type { PendingMessage } from "../state/chatLog";
import { ownParticipant } from "../state/roomState";
import classes from "./Group.module.css";
import { MessageText } from "./MessageText";

export function PendingMessages({ pending }: { pending: readonly PendingMessage[] }) {
  const { t } = useTranslation();
  const own = useRoom(ownParticipant);
  if (pending.length === 0 || own === undefined) return null;
  return (
    <article className={classes.group} data-own>
      <span className={classes.face}>
        <Avatar name={own.name} personId={own.person_id} />
      </span>
      <div className={classes.body}>
        <p className={classes.head}>
          <span className={classes.name}>{t("chat.you")}</span>
        </p>
        {pending.map((message) => (
          <div key={message.requestId}>
            <p className={classes.text} dir="auto" data-pending>
              <MessageText text={message.text} />
            </p>
            <PendingStatus message={message} />
          </div>
        ))}
      </div>
    </article>
  );
}

function PendingStatus({ message: { requestId, isFailed } }: { message: PendingMessage }) {
  const { t } = useTranslation();
  const { chat } = useSession();
  const isConnected = useRoom(({ connection }) => connection.kind === "connected");
  if (!isFailed) {
    return <p className={classes.status}>{isConnected ? t("chat.sending") : t("chat.waiting")}</p>;
  }
  return (
    <p className={classes.status} data-failed role="alert">
      {t("chat.failed")}
      <button type="button" onClick={() => void chat.retry(requestId)}>
        {t("chat.retry")}
      </button>
      <button type="button" onClick={() => chat.discard(requestId)}>
        {t("chat.discard")}
      </button>
    </p>
  );
}
