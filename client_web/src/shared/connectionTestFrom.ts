/** The connection test's address, which remembers the room that one came from. */

const ROOM = /^\/r\/([a-z0-9-]{1,64})$/;
const SLUG = /^[a-z0-9-]{1,64}$/;

/** Return the address as seen from the page at `path`. */
export function connectionTestFrom(path: string): string {
  const slug = ROOM.exec(path)?.[1];
  return slug === undefined ? "/connection-test" : `/connection-test?room=${slug}`;
}

/** Return the slug of the room that a query string names, if it names one. */
export function roomOf(search: string): string | null {
  const slug = new URLSearchParams(search).get("room");
  return slug !== null && SLUG.test(slug) ? slug : null;
}
