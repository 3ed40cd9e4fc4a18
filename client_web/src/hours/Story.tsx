/** Where the minutes of an entry come from, in plain sentences: for somebody who has to explain it. */

import { useTranslation } from "react-i18next";
import type { EntryDetail, LogStep, MeetingEvidence, PersonEvidence } from "../protocol/generated";
import { clockTime, dayAndTime, fullDay } from "./days";
import { exactText, minutesText } from "./durations";
import { lengthOf, mostAtOnce, stayOf } from "./geometry";
import { adjustmentOf, approvalOf, beginningOf, objectionsOf, proposedMinutes } from "./history";
import classes from "./Story.module.css";

interface StoryProps {
  detail: EntryDetail;
  timeZone: string;
}

export function Story({ detail, timeZone }: StoryProps) {
  const { t, i18n } = useTranslation();
  const { language } = i18n;
  const { entry, steps, evidence } = detail;
  const names = { mentor: entry.mentor.name, mentee: entry.mentee.name };
  const day = fullDay(entry.day, language);
  const begun = beginningOf(steps);
  const minutes = (count: number) => minutesText(count, language);
  const adjusted = adjustmentOf(steps);
  const approved = approvalOf(steps);
  const proposed = proposedMinutes(steps);
  const objections = entry.state === "disputed" ? objectionsOf(steps) : [];
  const byAndAt = ({ author, at }: LogStep) => ({
    name: author?.name ?? t("hours.page.server"),
    at: dayAndTime(at, timeZone, language),
  });
  return (
    <div className={classes.story}>
      <p>
        {entry.meeting === null
          ? t("hours.story.byHand", {
              ...names,
              day,
              name: begun?.author?.name ?? entry.mentor.name,
              minutes: minutes(begun?.credited_minutes ?? entry.credited_minutes),
            })
          : t("hours.story.met", { ...names, day, room: entry.meeting.room.name })}
      </p>
      {evidence?.people.map((person) => (
        <p key={person.side}>
          <Presence person={person} timeZone={timeZone} />
        </p>
      ))}
      {evidence !== null && <Together evidence={evidence} measuredMs={entry.measured_ms} />}
      {evidence === null && entry.meeting !== null && (
        <p>{t("hours.story.deleted", { time: exactText(entry.measured_ms ?? 0, language) })}</p>
      )}
      {proposed !== null && <p>{t("hours.story.proposed", { minutes: minutes(proposed) })}</p>}
      {adjusted !== null && (
        <p>
          {t("hours.story.adjusted", {
            ...byAndAt(adjusted),
            minutes: minutes(adjusted.credited_minutes),
          })}
          <Reason text={adjusted.text} />
        </p>
      )}
      {objections.map((step) => (
        <p key={step.number}>
          {t("hours.story.objected", byAndAt(step))}
          <Reason text={step.text} />
        </p>
      ))}
      <p>
        {entry.state === "proposed"
          ? entry.is_confirmed_by_mentor || entry.is_confirmed_by_mentee
            ? t("hours.story.half", {
                done: entry.is_confirmed_by_mentor ? names.mentor : names.mentee,
                open: entry.is_confirmed_by_mentor ? names.mentee : names.mentor,
              })
            : t("hours.story.open")
          : entry.state === "approved"
            ? t("hours.story.approved", {
                name: approved?.author?.name ?? t("hours.page.server"),
                at: approved === null ? "" : dayAndTime(approved.at, timeZone, language),
              })
            : t(`hours.story.${entry.state}`)}
      </p>
    </div>
  );
}

function Reason({ text }: { text: string | null }) {
  if (text === null || text === "") return null;
  return (
    <>
      {" "}
      <q className={classes.quote}>{text}</q>
    </>
  );
}

function Presence({ person, timeZone }: { person: PersonEvidence; timeZone: string }) {
  const { t, i18n } = useTranslation();
  const { language } = i18n;
  const stay = stayOf(person);
  const { name } = person.person;
  if (stay === null) return t("hours.story.absent", { name });
  const times = {
    name,
    from: clockTime(stay.from, timeZone, language),
    to: clockTime(stay.to, timeZone, language),
  };
  const atOnce = mostAtOnce(person.connections);
  return (
    <>
      {stay.breaks === 0
        ? t("hours.story.throughout", times)
        : t("hours.story.there", {
            ...times,
            count: stay.breaks,
            away: exactText(stay.awayMs, language),
          })}
      {atOnce > 1 && <> {t("hours.story.tabs", { count: atOnce })}</>}
    </>
  );
}

function Together({ evidence, measuredMs }: { evidence: MeetingEvidence; measuredMs: number | null }) {
  const { t, i18n } = useTranslation();
  const both = lengthOf(evidence.together);
  const elsewhere = lengthOf(evidence.counted_elsewhere);
  const exact = (ms: number) => exactText(ms, i18n.language);
  return (
    <>
      <p>
        <strong>{t("hours.story.together", { time: exact(both) })}</strong>
        {elsewhere > 0 && (
          <>
            {" "}
            {t("hours.story.elsewhere", {
              time: exact(elsewhere),
              rest: exact(Math.max(0, both - elsewhere)),
            })}
          </>
        )}
      </p>
      {measuredMs !== null && Math.abs(measuredMs - (both - elsewhere)) >= 1_000 && (
        <p>{t("hours.story.since", { time: exact(measuredMs) })}</p>
      )}
    </>
  );
}
