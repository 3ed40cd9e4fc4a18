/** `/rooms/SLUG/meetings` and what is below it: loaded when somebody looks back at a meeting, with its texts. */

import type { i18n } from "i18next";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { recordEn } from "../i18n/recordEn";
import { recordEs } from "../i18n/recordEs";
import { MeetingPage } from "./MeetingPage";
import { MeetingsPage } from "./MeetingsPage";

interface RecordPagesProps {
  slug: string;
  /** One meeting, or all of them. */
  meetingId?: string;
}

export default function RecordPages({ slug, meetingId }: RecordPagesProps) {
  const { i18n } = useTranslation();
  useState(() => addTexts(i18n));
  return meetingId === undefined ? (
    <MeetingsPage key={slug} slug={slug} />
  ) : (
    <MeetingPage key={`${slug} ${meetingId}`} slug={slug} meetingId={meetingId} />
  );
}

function addTexts(instance: i18n): void {
  instance.addResourceBundle("en", "translation", recordEn, true);
  instance.addResourceBundle("es", "translation", recordEs, true);
}
