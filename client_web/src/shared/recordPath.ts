/** The addresses of what is kept of a room's meetings. Pure. */

export const meetingsPath = (slug: string): string => `/rooms/${encodeURIComponent(slug)}/meetings`;

/** `at` is a moment of it, in ms by the server's clock. */
export function recordPath(slug: string, meetingId: string, at?: number): string {
  const path = `${meetingsPath(slug)}/${encodeURIComponent(meetingId)}`;
  return at === undefined ? path : `${path}#at=${at}`;
}

/** The moment that the end of an address names, if it names one. */
export function momentOf(hash: string): number | null {
  const digits = /^#at=(\d{1,15})$/.exec(hash)?.[1];
  return digits === undefined ? null : Number(digits);
}
