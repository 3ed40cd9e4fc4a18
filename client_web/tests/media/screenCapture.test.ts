import { beforeEach, expect, it, vi } from "vitest";
import { ScreenCapture } from "../../src/media/screenCapture";
import { FakeTrack } from "../support/fakeMedia";

class FakeScreenTrack extends FakeTrack {
  contentHint = "";
  readonly applied: MediaTrackConstraints[] = [];

  constructor() {
    super("video");
  }

  async applyConstraints(constraints: MediaTrackConstraints): Promise<void> {
    this.applied.push(constraints);
  }
}

let asked: DisplayMediaStreamOptions[];
let answer: () => Promise<FakeScreenTrack[]>;
let track: FakeScreenTrack;

beforeEach(() => {
  asked = [];
  track = new FakeScreenTrack();
  answer = async () => [track];
});

function create(): ScreenCapture {
  return new ScreenCapture({
    getDisplayMedia: async (options: DisplayMediaStreamOptions) => {
      asked.push(options);
      const tracks = await answer();
      return { getVideoTracks: () => tracks };
    },
  } as unknown as MediaDevices);
}

function refuseWith(name: string, message = ""): void {
  answer = async () => {
    throw Object.assign(new Error(message), { name });
  };
}

it("shares a sharp picture without sound", async () => {
  const screen = create();
  expect(await screen.start()).toBe("started");
  expect(asked).toMatchObject([{ audio: false, video: { frameRate: { max: 15 } } }]);
  expect(screen.state.track).toBe(track);
  expect(track.contentHint).toBe("detail");
});

it("ends by itself when the browser's own button was clicked", async () => {
  const screen = create();
  await screen.start();
  track.unplug();
  expect(screen.state.track).toBeNull();
});

it("keeps sharing when an earlier share ends late", async () => {
  const screen = create();
  await screen.start();
  const earlier = track;
  screen.stop();
  expect(earlier.readyState).toBe("ended");
  track = new FakeScreenTrack();
  await screen.start();
  earlier.unplug();
  expect(screen.state.track).toBe(track);
});

it("goes over to smooth movement and back, and begins with sharp text the next time", async () => {
  const screen = create();
  await screen.start();
  screen.setStyle("motion");
  expect(track.contentHint).toBe("motion");
  expect(track.applied.at(-1)).toMatchObject({ frameRate: { max: 30 } });
  screen.stop();
  expect(screen.state.style).toBe("text");
  screen.setStyle("motion");
  expect(screen.state.style).toBe("text");
});

it.each([
  ["NotAllowedError", "Permission denied", "cancelled"],
  ["NotAllowedError", "Permission denied by system", "failed"],
  ["NotReadableError", "", "failed"],
  ["InvalidStateError", "", "failed"],
])(
  "tells apart what the person did not want and what did not work: %s %s",
  async (name, message, outcome) => {
    refuseWith(name, message);
    const screen = create();
    expect(await screen.start()).toBe(outcome);
    expect(screen.state).toMatchObject({ track: null, isStarting: false });
  },
);

it("asks once however often it is asked", async () => {
  let choose: (tracks: FakeScreenTrack[]) => void = () => undefined;
  answer = () =>
    new Promise((resolve) => {
      choose = resolve;
    });
  const screen = create();
  const first = screen.start();
  expect(screen.state.isStarting).toBe(true);
  expect(await screen.start()).toBe("cancelled");
  choose([track]);
  expect(await first).toBe("started");
  expect(asked).toHaveLength(1);
});

it("lets go of what was chosen after one has left", async () => {
  const screen = create();
  const starting = screen.start();
  screen.close();
  expect(await starting).toBe("cancelled");
  expect(track.readyState).toBe("ended");
  expect(screen.state.track).toBeNull();
});

it("says where it cannot be done", async () => {
  const onPhone = new ScreenCapture({ getUserMedia: vi.fn() } as unknown as MediaDevices);
  expect([onPhone.isSupported, new ScreenCapture(undefined).isSupported]).toEqual([false, false]);
  expect(await onPhone.start()).toBe("failed");
});
