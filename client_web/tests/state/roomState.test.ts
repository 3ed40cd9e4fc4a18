import { expect, it } from "vitest";
import { SequenceGapError } from "../../src/state/applyEvent";
import {
  afterChatToggled,
  afterEvent,
  afterJoined,
  afterNotice,
  afterReading,
  INITIAL_ROOM,
  resumePoint,
  toBeRead,
} from "../../src/state/roomState";
import { joined, message, participant, snapshot, you } from "../support/room";

const inside = afterJoined(INITIAL_ROOM, joined());

it("is inside after the answer to room_join, and can say what it has seen", () => {
  expect(inside.phase.kind).toBe("inside");
  expect(resumePoint(INITIAL_ROOM)).toBeNull();
  expect(resumePoint(inside)).toEqual({ meeting_id: "meeting_1", last_seq: 5 });
});

it("takes in what was missed as if it had been heard", () => {
  const missed = [
    { type: "participant_joined", seq: 6, participant: participant("ben") } as const,
    { type: "chat_sent", seq: 7, message: message(1) } as const,
  ];
  const live = missed.reduce((state, event) => afterEvent(state, event), inside);
  const back = afterJoined(inside, joined({ snapshot: null, missed }));
  expect(back).toEqual(live);
  expect(back.chat.messages).toHaveLength(1);
});

it("refuses events with a hole before them", () => {
  expect(() =>
    afterEvent(inside, { type: "participant_left", seq: 9, participant_id: "ana", reason: "left" }),
  ).toThrow(SequenceGapError);
});

it("keeps read marks when another device is behind", () => {
  const read = afterReading(afterEvent(inside, { type: "chat_sent", seq: 6, message: message(8) }));
  expect(read.readUpTo).toBe(8);
  expect(afterJoined(read, joined({ you: you({ chat_read_up_to: 3 }) })).readUpTo).toBe(8);
});

it("stops showing somebody as typing once they have written or left", () => {
  const typing = afterNotice(inside, { type: "chat_typing", participant_id: "ana", is_typing: true }, 0);
  expect(typing.typing).toHaveProperty("ana");
  expect(afterEvent(typing, { type: "chat_sent", seq: 6, message: message(1, "ana") }).typing).toEqual({});
  const gone = { type: "participant_left", seq: 6, participant_id: "ana", reason: "left" } as const;
  expect(afterEvent(typing, gone).typing).toEqual({});
});

it("draws the line before what is new when the chat is opened, and only then", () => {
  const unread = afterEvent(inside, { type: "chat_sent", seq: 6, message: message(4) });
  expect(afterChatToggled(unread, true)).toMatchObject({ isChatOpen: true, newAfter: 0 });
  expect(afterChatToggled(afterReading(unread), true).newAfter).toBeNull();
  expect(afterChatToggled(afterChatToggled(unread, true), false).newAfter).toBeNull();
});

it("counts as unread what others write, but not while it is being read", () => {
  const written = (state = inside) => afterEvent(state, { type: "chat_sent", seq: 6, message: message(4) });
  expect(toBeRead(written())).toBe(1);
  const reading = { ...afterChatToggled(inside, true), isReading: true };
  expect(toBeRead(written(reading))).toBe(0);
  expect(toBeRead(afterChatToggled(written(reading), false))).toBe(1);
  expect(toBeRead(afterReading(written()))).toBe(0);
  const own = { type: "chat_sent", seq: 6, message: message(4, "me") } as const;
  expect(toBeRead(afterEvent(inside, own))).toBe(0);
});

it("starts afresh from the snapshot of another meeting", () => {
  const other = snapshot({ seq: 1, meeting: { meeting_id: "meeting_2", opened_at: 9 }, participants: [] });
  expect(afterJoined(inside, joined({ snapshot: other })).snapshot).toEqual(other);
});
