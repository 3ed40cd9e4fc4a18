import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createStore } from "zustand/vanilla";
import { LocalMedia } from "../../src/media/localMedia";
import type { SentTrack } from "../../src/media/publication";
import { Hints } from "../../src/session/hints";
import { Sending } from "../../src/session/sending";
import { afterJoined, INITIAL_ROOM, type RoomState } from "../../src/state/roomState";
import { FakeDevices, FakeTrack } from "../support/fakeMedia";
import { fakeMemory } from "../support/memory";
import { joined, participant, producer, snapshot, you } from "../support/room";

/** Devices with a screen to share. */
class FakeComputer extends FakeDevices {
  chooses: () => FakeTrack[] = () => [new FakeTrack("video")];

  async getDisplayMedia(): Promise<MediaStream> {
    const tracks = this.chooses();
    return { getVideoTracks: () => tracks } as unknown as MediaStream;
  }
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const settled = () => vi.advanceTimersByTimeAsync(1);

function setUp(room: RoomState = afterJoined(INITIAL_ROOM, joined())) {
  const computer = new FakeComputer();
  computer.onAsked = ({ audio }) => [new FakeTrack(audio ? "audio" : "video")];
  const local = new LocalMedia({
    devices: computer.asMediaDevices,
    permissions: undefined,
    memory: fakeMemory(),
    onSwitched: () => undefined,
  });
  const hints = new Hints();
  const sent: Record<string, SentTrack> = {};
  const sending = new Sending({
    local,
    hints,
    room: createStore(() => room),
    send: (source, track) => {
      sent[source] = track;
    },
  });
  const end = sending.watch();
  const shown = () => hints.store.getState().shown.map(({ hint }) => hint);
  const spoken = () => hints.store.getState().spoken?.announcement.code;
  return { computer, local, sending, sent, shown, spoken, end };
}

it("sends what is switched on, and the microphone silenced when it is switched off", async () => {
  const { local, sending, sent, spoken } = setUp();
  sending.toggleMicrophone();
  await settled();
  expect(sent.microphone).toEqual({ track: local.microphone.state.track, isPaused: false });
  expect(sent.microphone?.track).not.toBeNull();
  expect(spoken()).toBe("microphone_on");
  sending.toggleMicrophone();
  expect(sent.microphone?.isPaused).toBe(true);
  expect(spoken()).toBe("microphone_off");
});

it("switches nothing on for who may only watch", async () => {
  const { computer, local, sending, shown, spoken } = setUp(
    afterJoined(INITIAL_ROOM, joined({ you: you({ permitted: ["chat_send"] }) })),
  );
  sending.toggleMicrophone();
  sending.toggleCamera();
  sending.toggleScreen();
  await settled();
  expect(computer.asked).toEqual([]);
  expect([local.microphone.state.isOn, local.camera.state.isOn]).toEqual([false, false]);
  expect(local.screen.state.track).toBeNull();
  expect([shown(), spoken()]).toEqual([[], undefined]);
});

it("tells inside, not at the door, what a device does not give", async () => {
  for (const [room, count] of [
    [{ ...INITIAL_ROOM, permitted: ["media_produce"] }, 0],
    [afterJoined(INITIAL_ROOM, joined()), 1],
  ] as const) {
    const { computer, sending, sent, shown } = setUp(room);
    computer.onAsked = () => ({ name: "NotReadableError" });
    sending.toggleCamera();
    await settled();
    expect(shown()).toHaveLength(count);
    expect(sent.camera?.isPaused).toBe(true);
  }
});

it("shares a screen until it is ended, and says so", async () => {
  const { sending, sent, spoken } = setUp();
  sending.toggleScreen();
  await settled();
  expect(sent.screen).toMatchObject({ isPaused: false });
  expect(spoken()).toBe("screen_on");
  sending.toggleScreen();
  expect(sent.screen).toEqual({ track: null, isPaused: true });
  expect(spoken()).toBe("screen_off");
});

it("shares none where one may not, or where others share as many as there may be", async () => {
  const audience = setUp(afterJoined(INITIAL_ROOM, joined({ you: you({ permitted: [] }) })));
  audience.sending.toggleScreen();
  const sharing = participant("ana", { producers: [producer("ana_screen", "screen")] });
  const stage = { room_id: "room_1", slug: "stage", name: "Stage", kind: "stage" } as const;
  const full = setUp(
    afterJoined(
      INITIAL_ROOM,
      joined({ snapshot: snapshot({ room: stage, participants: [participant("me"), sharing] }) }),
    ),
  );
  full.sending.toggleScreen();
  await settled();
  expect([audience.sent.screen, full.sent.screen]).toEqual([undefined, undefined]);
  expect(audience.shown()).toEqual([]);
  expect(full.shown()).toEqual([{ code: "too_many_screens" }]);
});

it("says when a screen cannot be had, unless the person thought better of it", async () => {
  const { computer, sending, shown } = setUp();
  for (const [name, hints] of [
    ["NotAllowedError", []],
    ["NotReadableError", [{ code: "screen_failed" }]],
  ] as const) {
    computer.chooses = () => {
      throw Object.assign(new Error(), { name });
    };
    sending.toggleScreen();
    await settled();
    expect(shown()).toEqual(hints);
  }
});

it("switches off what another tab sends now, and tells only of what was on", async () => {
  const { local, sending, shown } = setUp();
  sending.toggleMicrophone();
  sending.toggleScreen();
  await settled();
  for (const source of ["microphone", "camera", "screen"] as const) sending.onReplaced(source);
  expect(local.microphone.state.isOn).toBe(false);
  expect(local.screen.state.track).toBeNull();
  expect(shown()).toEqual([
    { code: "replaced", kind: "microphone" },
    { code: "replaced", kind: "screen" },
  ]);
});

it("ends a share that the room has no place for", async () => {
  const { local, sending, shown } = setUp();
  sending.toggleScreen();
  await settled();
  sending.onRefused("screen");
  expect(local.screen.state.track).toBeNull();
  expect(shown()).toEqual([{ code: "too_many_screens" }]);
});

it("sends nothing more once it has ended", async () => {
  const { sending, sent, end } = setUp();
  end();
  sending.toggleMicrophone();
  sending.toggleScreen();
  await settled();
  expect(sent).toEqual({});
});
