/** What others say of where they are writing, as far as it can be believed. Pure. */

import { FRAGMENT } from "./document";

export interface RemoteCursor {
  user: { name: string; personId: string };
  cursor: { anchor: object; head: object };
}

const MOST_LETTERS = 60;

type Fields = Readonly<Record<string, unknown>>;
const isFields = (value: unknown): value is Fields => typeof value === "object" && value !== null;
const isCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;
const isItem = (value: unknown) =>
  value === undefined || value === null || (isFields(value) && isCount(value.client) && isCount(value.clock));

/** Read one awareness state; `null` when nobody writes there, or when it is not what our pages send. */
export function readRemoteCursor(state: unknown): RemoteCursor | null {
  if (!isFields(state) || !isFields(state.user) || !isFields(state.cursor)) return null;
  const { name, personId } = state.user;
  const { anchor, head } = state.cursor;
  if (typeof name !== "string" || name === "" || typeof personId !== "string") return null;
  if (!isPosition(anchor) || !isPosition(head)) return null;
  return { user: { name: name.slice(0, MOST_LETTERS), personId }, cursor: { anchor, head } };
}

/** Whether it is a relative position of Yjs in these notes, as JSON. */
function isPosition(value: unknown): value is Fields {
  if (!isFields(value) || !isItem(value.type) || !isItem(value.item)) return false;
  const isNamed = value.tname === FRAGMENT;
  if (!isNamed && value.tname !== undefined && value.tname !== null) return false;
  return isNamed || isFields(value.type) || isFields(value.item);
}
