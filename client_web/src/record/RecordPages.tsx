/** `/rooms/SLUG/meetings` and what is below it: loaded when somebody looks back at a meeting, with its texts. */

import { recordEn } from "../i18n/recordEn";
import { recordEs } from "../i18n/recordEs";
import { useTexts } from "../shared/useTexts";
import { MeetingPage } from "./MeetingPage";
import { MeetingsPage } from "./MeetingsPage";

interface RecordPagesProps {
  slug: string;
  /** One meeting, or all of them. */
  meetingId?: string;
}

export default function RecordPages({ slug, meetingId }: RecordPagesProps) {
  useTexts(recordEn, recordEs);
  return meetingId === undefined ? (
    <MeetingsPage key={slug} slug={slug} />
  ) : (
    <MeetingPage key={`${slug} ${meetingId}`} slug={slug} meetingId={meetingId} />
  );
}
