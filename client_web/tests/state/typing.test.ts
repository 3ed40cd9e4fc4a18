import { expect, it } from "vitest";
import { TYPING_MS, typingNames, without, withoutExpired, withTyping } from "../../src/state/typing";
import { participant } from "../support/room";

const notice = (participant_id: string, is_typing = true) =>
  ({ type: "chat_typing", participant_id, is_typing }) as const;

it("forgets somebody who stops, leaves, or is not heard of again", () => {
  const typing = withTyping({}, notice("ana"), 0);
  expect(withTyping(typing, notice("ana", false), 1)).toEqual({});
  expect(without(typing, "ana")).toEqual({});
  expect(withoutExpired(typing, TYPING_MS)).toEqual({});
});

it("stays the same object while nothing changes", () => {
  const typing = withTyping({}, notice("ana"), 0);
  expect(withoutExpired(typing, TYPING_MS - 1)).toBe(typing);
  expect(without(typing, "ben")).toBe(typing);
});

it("lasts longer when it is said again", () => {
  const typing = withTyping(withTyping({}, notice("ana"), 0), notice("ana"), 4_000);
  expect(withoutExpired(typing, TYPING_MS + 1)).toBe(typing);
});

it("names those who are in the room, without oneself", () => {
  const typing = { ana: 1, me: 1, gone: 1 };
  expect(typingNames(typing, [participant("me"), participant("ana"), participant("ben")], "me")).toEqual([
    "ana",
  ]);
});
