/** After a meeting: the time that one had there with one's mentor or mentees, to be confirmed by one click. */

import { useCallback, useId, useState } from "react";
import { useTranslation } from "react-i18next";
import type { HoursEntry } from "../protocol/generated";
import classes from "./HoursCard.module.css";
import { createReader, type OwnHours } from "./readHours";
import { useHoursTexts } from "./texts";
import { useSomeTimes } from "./useSomeTimes";
import { WaitingList } from "./WaitingList";

/** It is recorded when the meeting has ended for everybody: soon for whoever goes last, and for the others not now. */
const PAUSES_S = [3, 4, 6, 10, 15, 20, 30, 30, 60, 60, 60];

export default function AfterMeeting({ meetingId }: { meetingId: string }) {
  useHoursTexts();
  const { t } = useTranslation();
  const titleId = useId();
  const isThere = useCallback((own: OwnHours) => ofMeeting(own, meetingId).length > 0, [meetingId]);
  const [read] = useState(createReader);
  const { value, retry } = useSomeTimes(read, isThere, PAUSES_S);
  const [hasCome, setCome] = useState(false);
  if (value === null || value.hours.pairs.length === 0) return null;
  const entries = ofMeeting(value, meetingId);
  // What one has confirmed is not listed any more; what was said about it stays.
  if (entries.length > 0 && !hasCome) setCome(true);
  return (
    <section className={`${classes.card} ${classes.after}`} aria-labelledby={titleId}>
      <h2 id={titleId} className={classes.title}>
        {t("hours.after.title")}
      </h2>
      {!hasCome && <p className={classes.line}>{t("hours.after.later")}</p>}
      <WaitingList listed={entries} today={value.hours.today} ownId={value.me.person_id} onChanged={retry} />
    </section>
  );
}

const ofMeeting = ({ hours }: OwnHours, meetingId: string): readonly HoursEntry[] =>
  hours.waiting.filter(({ meeting }) => meeting?.meeting_id === meetingId);
