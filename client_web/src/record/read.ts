/** What is asked of the server about meetings. The functions throw `Problem`. */

import { call, send } from "../connection/http";
import type { MeetingList, RecordedMeeting } from "../protocol/generated";
import type { NotesCopy } from "../shared/copies";

const meetings = (slug: string) => `/api/rooms/${encodeURIComponent(slug)}/meetings`;

export function readMeetings(slug: string, before?: string, signal?: AbortSignal): Promise<MeetingList> {
  const query = before === undefined ? "" : `?${new URLSearchParams({ before })}`;
  return call("GET", meetings(slug) + query, signal);
}

export const readMeeting = (slug: string, meetingId: string, signal: AbortSignal): Promise<RecordedMeeting> =>
  call("GET", meetingPath(slug, meetingId), signal);

/** Read a page as it was at the meeting's end, as an update of Yjs. */
export async function readKept(
  slug: string,
  meetingId: string,
  documentId: string,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const path = `${meetingPath(slug, meetingId)}/documents/${encodeURIComponent(documentId)}`;
  const response = await send("GET", path, signal);
  return new Uint8Array(await response.arrayBuffer());
}

/** Where notes are as a file, as they were at the meeting's end. */
export function fileOf(
  slug: string,
  meetingId: string,
  documentId: string,
  ending: NotesCopy,
  query: URLSearchParams,
): string {
  return `${meetingPath(slug, meetingId)}/notes/${encodeURIComponent(documentId)}.${ending}?${query}`;
}

const meetingPath = (slug: string, meetingId: string) => `${meetings(slug)}/${encodeURIComponent(meetingId)}`;
