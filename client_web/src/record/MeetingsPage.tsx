/** The meetings of a room that one may look back at, newest first. */

import { Anchor, Button } from "@mantine/core";
import { ArrowRight, NotebookPen, PencilLine } from "lucide-react";
import { useCallback, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { dayName } from "../chat/dayName";
import type { MeetingList, MeetingSummary } from "../protocol/generated";
import { LoadingPage, Page } from "../shared/Page";
import { ProblemPage } from "../shared/ProblemPage";
import { asProblem, type Problem } from "../shared/problem";
import { recordPath } from "../shared/recordPath";
import { usePageTitle } from "../shared/usePageTitle";
import { usePoll } from "../shared/usePoll";
import { spanOf } from "./days";
import classes from "./MeetingsPage.module.css";
import { readMeetings } from "./read";

const POLL_MS = 60_000;

export function MeetingsPage({ slug }: { slug: string }) {
  const { t } = useTranslation();
  const read = useCallback((signal: AbortSignal) => readMeetings(slug, undefined, signal), [slug]);
  const { value, problem, retry } = usePoll(read, POLL_MS);
  const earlier = useEarlier(slug);
  const title = t("record.of", { room: value?.room.name ?? "" });
  usePageTitle(`${value === null ? t("record.title") : title} · ${t("app.name")}`);
  if (value === null) return problem ? <ProblemPage problem={problem} onRetry={retry} /> : <LoadingPage />;
  const known = new Set(value.meetings.map((meeting) => meeting.meeting_id));
  const meetings = [
    ...value.meetings,
    ...earlier.meetings.filter((meeting) => !known.has(meeting.meeting_id)),
  ];
  const last = meetings.at(-1);
  const hasMore = earlier.hasMore ?? value.has_more;
  return (
    <Page>
      <div className={classes.meetings}>
        <h1>{title}</h1>
        <p className={classes.lead}>{t(meetings.length > 0 ? "record.lead" : "record.none")}</p>
        <ul className={classes.list}>
          {meetings.map((meeting) => (
            <li key={meeting.meeting_id}>
              <Meeting slug={slug} meeting={meeting} />
            </li>
          ))}
        </ul>
        <div className={classes.foot}>
          {hasMore && last !== undefined && (
            <Button
              variant="default"
              loading={earlier.isReading}
              onClick={() => void earlier.read(last.meeting_id)}
            >
              {t("record.earlier")}
            </Button>
          )}
          {earlier.problem !== null && <p role="alert">{t(`problem.${earlier.problem.code}`)}</p>}
          <Anchor component={Link} href={`/r/${slug}`} className={classes.way}>
            {t("record.toRoom")}
          </Anchor>
        </div>
      </div>
    </Page>
  );
}

function Meeting({ slug, meeting }: { slug: string; meeting: MeetingSummary }) {
  const { t, i18n } = useTranslation();
  const { opened_at: from, closed_at: to } = meeting;
  const words = { today: t("chat.today"), yesterday: t("chat.yesterday") };
  return (
    <Link href={recordPath(slug, meeting.meeting_id)} className={classes.meeting}>
      <span className={classes.words}>
        <span className={classes.day}>{dayName(from, Date.now(), i18n.language, words)}</span>
        <span className={classes.about}>
          {spanOf(from, to, i18n.language, (begin) => t("record.since", { from: begin }))}
          {" · "}
          {t("record.people", { count: meeting.people_count })}
        </span>
      </span>
      <span className={classes.marks}>
        {to === null && <span className={classes.live}>{t("record.goingOn")}</span>}
        {meeting.has_notes && (
          <span className={classes.mark}>
            <NotebookPen size={18} aria-hidden="true" /> {t("desk.notes")}
          </span>
        )}
        {meeting.has_board && (
          <span className={classes.mark}>
            <PencilLine size={18} aria-hidden="true" /> {t("desk.board")}
          </span>
        )}
      </span>
      <ArrowRight size={20} aria-hidden="true" className={classes.arrow} />
    </Link>
  );
}

interface Earlier {
  meetings: readonly MeetingSummary[];
  /** `null` until anything earlier was read. */
  hasMore: boolean | null;
  isReading: boolean;
  problem: Problem | null;
}

/** What is before the first page of the list, as far as it was asked for. */
function useEarlier(slug: string): Earlier & { read(before: string): Promise<void> } {
  const [earlier, setEarlier] = useState<Earlier>({
    meetings: [],
    hasMore: null,
    isReading: false,
    problem: null,
  });
  const read = async (before: string) => {
    setEarlier((now) => ({ ...now, isReading: true, problem: null }));
    try {
      const found: MeetingList = await readMeetings(slug, before);
      setEarlier((now) => ({
        meetings: [...now.meetings, ...found.meetings],
        hasMore: found.has_more,
        isReading: false,
        problem: null,
      }));
    } catch (error) {
      setEarlier((now) => ({ ...now, isReading: false, problem: asProblem(error) }));
    }
  };
  return { ...earlier, read };
}
