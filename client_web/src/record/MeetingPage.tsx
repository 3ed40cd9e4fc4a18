/** What is kept of one meeting: who was there, what happened, and its pages as they were at the end. */

import { Anchor } from "@mantine/core";
import { useCallback, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import type { RecordedMeeting } from "../protocol/generated";
import { LoadingPage, MessagePage, Page } from "../shared/Page";
import { ProblemPage } from "../shared/ProblemPage";
import { meetingsPath, momentOf, recordPath } from "../shared/recordPath";
import { usePageTitle } from "../shared/usePageTitle";
import { usePoll } from "../shared/usePoll";
import { dayOf, spanOf } from "./days";
import { KeptPage } from "./KeptPage";
import classes from "./MeetingPage.module.css";
import { readMeeting } from "./read";
import { Timeline } from "./Timeline";

const POLL_MS = 15_000;
/** What is over changes no more, but for whether its pages have changed since. */
const POLL_ENDED_MS = 600_000;

export function MeetingPage({ slug, meetingId }: { slug: string; meetingId: string }) {
  const { t, i18n } = useTranslation();
  const [isEnded, setEnded] = useState(false);
  const read = useCallback((signal: AbortSignal) => readMeeting(slug, meetingId, signal), [slug, meetingId]);
  const { value, problem, retry } = usePoll(read, isEnded ? POLL_ENDED_MS : POLL_MS);
  const hasEnd = value !== null && value.closed_at !== null;
  useEffect(() => setEnded(hasEnd), [hasEnd]);
  const day = value === null ? t("record.title") : dayOf(value.opened_at, i18n.language);
  usePageTitle(
    value === null ? `${day} · ${t("app.name")}` : `${day} · ${value.room.name} · ${t("app.name")}`,
  );
  if (value === null) {
    if (problem?.code === "not_found") return <NoMeeting />;
    return problem ? <ProblemPage problem={problem} onRetry={retry} /> : <LoadingPage />;
  }
  return <Meeting meeting={value} day={day} />;
}

function NoMeeting() {
  const { t } = useTranslation();
  return (
    <MessagePage title={t("record.notFound")}>
      <p>{t("record.notFoundText")}</p>
    </MessagePage>
  );
}

function Meeting({ meeting, day }: { meeting: RecordedMeeting; day: string }) {
  const { t, i18n } = useTranslation();
  const { room, opened_at: from, closed_at: to } = meeting;
  const [at, goTo] = useMoment();
  const since = (begin: string) => t("record.since", { from: begin });
  const onTimestamp = (meetingId: string, moment: number) => {
    if (meetingId === meeting.meeting_id) goTo(moment);
    else location.assign(recordPath(room.slug, meetingId, moment));
  };
  return (
    <Page>
      <div className={classes.record}>
        <header className={classes.head}>
          <Anchor component={Link} href={meetingsPath(room.slug)} className={classes.way}>
            {t("record.of", { room: room.name })}
          </Anchor>
          <h1>{day}</h1>
          <p className={classes.about}>
            {spanOf(from, to, i18n.language, since)}
            {" · "}
            {t("record.people", { count: meeting.people.length })}
          </p>
          {to === null && (
            <p role="status" className={classes.soFar}>
              {t("record.soFar")}
            </p>
          )}
        </header>
        <div className={classes.story}>
          <section aria-labelledby="record-people">
            <h2 id="record-people">{t("record.whoWasThere")}</h2>
            <ul className={classes.people}>
              {meeting.people.map((person) => (
                <li key={person.person_id}>
                  <span className={classes.name}>{person.name}</span>{" "}
                  <span className={classes.stays}>
                    {person.stays
                      .map((stay) => spanOf(stay.came_at, stay.went_at, i18n.language, since))
                      .join(", ")}
                  </span>
                </li>
              ))}
            </ul>
          </section>
          <Timeline meeting={meeting} at={at} />
        </div>
        <section className={classes.pages} aria-labelledby="record-pages">
          <h2 id="record-pages">{t("record.pages")}</h2>
          <p className={classes.about}>
            {t(
              meeting.documents.length === 0
                ? "record.noPages"
                : to === null
                  ? "record.later"
                  : "record.asAtTheEnd",
            )}
          </p>
          {meeting.documents.map((page) => (
            <KeptPage
              key={page.document_id}
              slug={room.slug}
              meetingId={meeting.meeting_id}
              heldOn={day}
              page={page}
              onTimestamp={onTimestamp}
            />
          ))}
        </section>
      </div>
    </Page>
  );
}

/** The moment that the address names, and how to go to another. A moment gone to again is another object. */
function useMoment(): [{ at: number } | null, (at: number) => void] {
  const [moment, setMoment] = useState(momentOfAddress);
  useEffect(() => {
    const onChange = () => setMoment(momentOfAddress());
    addEventListener("hashchange", onChange);
    return () => removeEventListener("hashchange", onChange);
  }, []);
  const goTo = (at: number) => {
    history.replaceState(history.state, "", `#at=${at}`);
    setMoment({ at });
  };
  return [moment, goTo];
}

function momentOfAddress(): { at: number } | null {
  const at = momentOf(location.hash);
  return at === null ? null : { at };
}
