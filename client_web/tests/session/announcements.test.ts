import { expect, it } from "vitest";
import type { Participant } from "../../src/protocol/generated";
import { announcementOf } from "../../src/session/announcements";
import { afterChatToggled, afterEvent, afterJoined, INITIAL_ROOM } from "../../src/state/roomState";
import { joined, message, participant, producer } from "../support/room";

const inside = afterJoined(INITIAL_ROOM, joined());
const screen = producer("screen_1", "screen");
const changed = (id: string, producers: Participant["producers"]) =>
  ({ type: "participant_changed", seq: 6, participant: participant(id, { producers }) }) as const;

it("says who comes and who goes, by the name that they had", () => {
  const came = { type: "participant_joined", seq: 6, participant: participant("ben") } as const;
  expect(announcementOf(came, inside)).toEqual({ code: "joined", name: "ben" });
  const gone = { type: "participant_left", seq: 6, participant_id: "ana", reason: "left" } as const;
  expect(announcementOf(gone, inside)).toEqual({ code: "left", name: "ana" });
  expect(announcementOf({ ...gone, participant_id: "unknown" }, inside)).toBeNull();
});

it("says nothing of oneself", () => {
  const came = { type: "participant_joined", seq: 6, participant: participant("me") } as const;
  const gone = { type: "participant_left", seq: 6, participant_id: "me", reason: "left" } as const;
  for (const event of [came, gone, changed("me", [screen])]) expect(announcementOf(event, inside)).toBeNull();
});

it("says once who shares a screen", () => {
  const begins = changed("ana", [screen]);
  expect(announcementOf(begins, inside)).toEqual({ code: "shares", name: "ana" });
  const sharing = afterEvent(inside, begins);
  expect(announcementOf(changed("ana", [screen, producer("mic", "microphone")]), sharing)).toBeNull();
  expect(announcementOf(changed("ana", []), sharing)).toBeNull();
  expect(announcementOf(changed("ana", [producer("cam", "camera")]), inside)).toBeNull();
});

it("reads messages out while the chat is closed", () => {
  const sent = { type: "chat_sent", seq: 6, message: message(1, "ana", "Hello") } as const;
  expect(announcementOf(sent, inside)).toEqual({ code: "message", name: "ana", text: "Hello" });
  expect(announcementOf(sent, afterChatToggled(inside, true))).toBeNull();
});
