import { expect, it } from "vitest";
import { chatRows } from "../../src/state/chatGroups";
import { message } from "../support/room";

const MINUTE = 60_000;
const at = (id: number, person: string, sent_at: number) => ({ ...message(id, person), sent_at });
const oneDay = () => "monday";
const shape = (rows: ReturnType<typeof chatRows>) =>
  rows.map((row) => (row.kind === "group" ? row.group.messages.map((m) => m.message_id) : row.kind));

it("puts what one person writes in one go together", () => {
  const rows = chatRows(
    [at(1, "ana", 0), at(2, "ana", MINUTE), at(3, "ben", MINUTE)],
    null,
    "person_me",
    oneDay,
  );
  expect(shape(rows)).toEqual(["day", [1, 2], [3]]);
});

it("begins anew after a pause", () => {
  const rows = chatRows([at(1, "ana", 0), at(2, "ana", 6 * MINUTE)], null, "person_me", oneDay);
  expect(shape(rows)).toEqual(["day", [1], [2]]);
});

it("separates days, also in the middle of one person's messages", () => {
  const rows = chatRows([at(1, "ana", 0), at(2, "ana", 10)], null, "person_me", (sent) =>
    sent < 5 ? "mon" : "tue",
  );
  expect(shape(rows)).toEqual(["day", [1], "day", [2]]);
});

it("draws the line before the first new message of somebody else, once", () => {
  const messages = [at(1, "ana", 0), at(2, "me", 1), at(3, "ana", 2), at(4, "ana", 3)];
  expect(shape(chatRows(messages, 1, "person_me", oneDay))).toEqual(["day", [1], [2], "new", [3, 4]]);
  expect(shape(chatRows(messages, 9, "person_me", oneDay))).not.toContain("new");
});

it("keeps the keys of groups when older messages come before them", () => {
  const late = chatRows([at(5, "ben", 0)], null, "person_me", oneDay).map((row) => row.key);
  const all = chatRows([at(4, "ana", 0), at(5, "ben", 0)], null, "person_me", oneDay).map((row) => row.key);
  expect(all).toEqual(expect.arrayContaining(late));
});
