/** What the attributes of notes may hold. Anybody can write anything into a shared document; no other value is believed. Pure. */

type Check = (value: unknown) => boolean;

const MOST_LEVEL = 3;
const MOST_START = 1_000_000;
const MOST_LETTERS = 200;

const isInteger =
  (least: number, most: number): Check =>
  (value) =>
    Number.isInteger(value) && (value as number) >= least && (value as number) <= most;

/** The instants that `Date` can hold after 1970. */
const isInstant = isInteger(0, 8.64e15);
const isName: Check = (value) => typeof value === "string" && value !== "" && value.length <= MOST_LETTERS;

/** Whether it names somebody or something: what a URL and a selector can hold without escaping. */
export const isId = (value: unknown): value is string =>
  typeof value === "string" && /^[\w-]{1,64}$/.test(value);

/** Whether it is a day as in "2026-02-28". */
export function isDay(value: unknown): value is string {
  if (typeof value !== "string" || !/^\d{4}-\d{2}-\d{2}$/.test(value)) return false;
  const day = new Date(`${value}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(value);
}

/** By node, then by attribute. What is not listed holds nothing that is read. */
const CHECKS: ReadonlyMap<string, ReadonlyMap<string, Check>> = new Map(
  Object.entries({
    heading: { level: isInteger(1, MOST_LEVEL) },
    orderedList: { start: isInteger(0, MOST_START) },
    taskItem: {
      checked: (value: unknown) => typeof value === "boolean",
      itemId: isId,
      ownerId: isId,
      ownerName: isName,
      due: isDay,
    },
    mention: { id: isId, label: isName },
    timestamp: { meetingId: isId, at: isInstant, openedAt: isInstant },
  }).map(([node, checks]) => [node, new Map<string, Check>(Object.entries(checks))]),
);

/** Tell whether an attribute may keep its value. One that is not known may be any plain value: a newer page may know it. */
export function isSound(node: string, attribute: string, value: unknown): boolean {
  if (value === null) return true;
  const check = CHECKS.get(node)?.get(attribute);
  return check === undefined ? ["string", "number", "boolean"].includes(typeof value) : check(value);
}

/** Return the value if it is one that this attribute may hold, else `null`. */
export function sound<T>(node: string, attribute: string, value: T): T | null {
  return value !== undefined && isSound(node, attribute, value) ? value : null;
}
