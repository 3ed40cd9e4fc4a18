/** What happened in a meeting, in order; the moment that a link has led to is marked. */

import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { timeOf } from "../chat/dayName";
import { MessageText } from "../chat/MessageText";
import { sinceOpening } from "../notes/sinceOpening";
import type { RecordedMeeting, TimelineEntry } from "../protocol/generated";
import { markedIndex } from "./marked";
import classes from "./Timeline.module.css";

interface TimelineProps {
  meeting: RecordedMeeting;
  at: { at: number } | null;
}

export function Timeline({ meeting, at }: TimelineProps) {
  const { t } = useTranslation();
  const { timeline } = meeting;
  const marked = useRef<HTMLLIElement>(null);
  const index = at === null ? -1 : markedIndex(timeline, at.at);
  useEffect(() => {
    if (at === null) return;
    marked.current?.scrollIntoView({ block: "center" });
    marked.current?.focus({ preventScroll: true });
  }, [at]);
  return (
    <section aria-labelledby="record-timeline">
      <h2 id="record-timeline">{t("record.timeline")}</h2>
      <ol className={classes.timeline}>
        <Line at={meeting.opened_at} after={null}>
          {t("record.began")}
        </Line>
        {timeline.map((entry, number) => {
          const isMarked = number === index;
          return (
            <li
              key={keyOf(entry)}
              ref={isMarked ? marked : null}
              className={classes.entry}
              data-kind={entry.type}
              {...(isMarked && { "aria-current": "true", tabIndex: -1 })}
            >
              <Time at={entry.at} after={timeline[number - 1]?.at ?? meeting.opened_at} />
              <div className={classes.what}>
                <What entry={entry} meeting={meeting} />
              </div>
            </li>
          );
        })}
        {meeting.closed_at !== null && !meeting.is_cut && (
          <Line at={meeting.closed_at} after={timeline.at(-1)?.at ?? meeting.opened_at}>
            {t("record.ended")}
          </Line>
        )}
      </ol>
      {meeting.is_cut && <p className={classes.cut}>{t("record.cut")}</p>}
    </section>
  );
}

interface LineProps {
  at: number;
  after: number | null;
  children: string;
}

function Line({ at, after, children }: LineProps) {
  return (
    <li className={classes.entry}>
      <Time at={at} after={after} />
      <div className={classes.what}>{children}</div>
    </li>
  );
}

/** When it was; for eyes only where the minute is another than that of the entry before. */
function Time({ at, after }: { at: number; after: number | null }) {
  const { i18n } = useTranslation();
  const time = timeOf(at, i18n.language);
  const isSaid = after !== null && time === timeOf(after, i18n.language);
  return (
    <time className={isSaid ? "visually-hidden" : classes.time} dateTime={new Date(at).toISOString()}>
      {time}
    </time>
  );
}

function What({ entry, meeting }: { entry: TimelineEntry; meeting: RecordedMeeting }) {
  const { t } = useTranslation();
  switch (entry.type) {
    case "came":
      return t(entry.is_back ? "record.cameBack" : "record.came", { name: entry.name });
    case "went":
      return t("record.went", { name: entry.name });
    case "begun":
      return t(`record.begun.${entry.kind}`, { name: entry.name, title: entry.title });
    case "said":
      return (
        <>
          <span className={classes.who}>{entry.name}</span>
          <p className={classes.said}>
            <MessageText text={entry.text} />
          </p>
        </>
      );
    case "moment": {
      const title = meeting.documents.find((page) => page.document_id === entry.document_id)?.title;
      return (
        <>
          <span className={classes.who}>
            {title ? t("record.moment", { title }) : t("record.momentUntitled")}{" "}
            <span className={classes.elapsed}>{sinceOpening(entry.at, meeting.opened_at)}</span>
          </span>
          {entry.text !== "" && <p className={classes.said}>{entry.text}</p>}
        </>
      );
    }
  }
}

function keyOf(entry: TimelineEntry): string {
  switch (entry.type) {
    case "came":
    case "went":
      return `${entry.type} ${entry.person_id} ${entry.at}`;
    case "said":
      return `said ${entry.message_id}`;
    case "begun":
      return `begun ${entry.document_id}`;
    case "moment":
      return `moment ${entry.document_id} ${entry.at} ${entry.text}`;
  }
}
