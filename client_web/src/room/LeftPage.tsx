/** After the meeting: calm, and one click from coming back. */

import { Anchor, Button } from "@mantine/core";
import { useCallback } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { untilLoaded } from "../connection/untilLoaded";
import { useRoom, useSession } from "../session/sessionContext";
import { fetchedPart } from "../shared/fetchedPart";
import { MessagePage } from "../shared/Page";
import { recordPath } from "../shared/recordPath";
import { usePageTitle } from "../shared/usePageTitle";
import { usePoll } from "../shared/usePoll";
import classes from "./LeftPage.module.css";

const POLL_MS = 8_000;

const AfterMeeting = fetchedPart(() => untilLoaded(() => import("../hours/AfterMeeting")), Nothing);

interface LeftPageProps {
  roomName: string;
  onRejoin(): void;
}

export function LeftPage({ roomName, onRejoin }: LeftPageProps) {
  const { t } = useTranslation();
  const session = useSession();
  const read = useCallback((signal: AbortSignal) => session.isInsideElsewhere(signal), [session]);
  const { value: isInsideElsewhere } = usePoll(read, POLL_MS);
  const meetingId = useRoom(({ snapshot }) => snapshot?.meeting.meeting_id);
  const title = t("left.title");
  usePageTitle(`${title} · ${t("app.name")}`);
  return (
    <MessagePage
      title={title}
      action={
        <>
          {meetingId !== undefined && <AfterMeeting meetingId={meetingId} />}
          <Button size="lg" onClick={onRejoin}>
            {t("left.rejoin")}
          </Button>
        </>
      }
    >
      <p>{isInsideElsewhere ? t("left.stillInside") : t("left.text", { room: roomName })}</p>
      {meetingId !== undefined && (
        <Anchor component={Link} href={recordPath(session.slug, meetingId)} className={classes.record}>
          {t("left.record")}
        </Anchor>
      )}
    </MessagePage>
  );
}

function Nothing() {
  return null;
}
