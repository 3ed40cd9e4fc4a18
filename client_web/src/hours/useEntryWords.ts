/** An entry in words: what it is, as it is drawn and as it is read aloud. */

import { useTranslation } from "react-i18next";
import type { HoursEntry } from "../protocol/generated";
import { shortDay } from "./days";
import { minutesText } from "./durations";

export interface EntryWords {
  minutes: string;
  type: string;
  day: string;
  /** With whom and where it was. */
  about: string;
  /** All of it, for what is read aloud. */
  all: string;
}

/** `ownId` is whoever looks at it; a coordinator is neither of the two. */
export function useEntryWords(entry: HoursEntry, today: string, ownId: string): EntryWords {
  const { t, i18n } = useTranslation();
  const { mentor, mentee, meeting } = entry;
  const other = ownId === mentor.person_id ? mentee : ownId === mentee.person_id ? mentor : null;
  const who =
    other === null
      ? t("hours.theTwo", { mentor: mentor.name, mentee: mentee.name })
      : t("hours.with", { name: other.name });
  const minutes = minutesText(entry.credited_minutes, i18n.language);
  const type = t(`hours.contact.${entry.contact_type}`);
  const day = shortDay(entry.day, today, i18n.language);
  const about = `${who} · ${meeting === null ? t("hours.byHand") : meeting.room.name}`;
  return { minutes, type, day, about, all: `${minutes}, ${type}, ${who}, ${day}` };
}
