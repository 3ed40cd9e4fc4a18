import { beforeEach, describe, expect, it, vi } from "vitest";
import { Capture } from "../../src/media/capture";
import { FakeDevices, FakeTrack } from "../support/fakeMedia";
import { fakeMemory, fakeStore } from "../support/memory";

let devices: FakeDevices;
let store: ReturnType<typeof fakeStore>;
const onSwitched = vi.fn();

beforeEach(() => {
  devices = new FakeDevices();
  store = fakeStore();
  onSwitched.mockClear();
});

const create = (kind: "microphone" | "camera") =>
  new Capture(kind, devices.asMediaDevices, fakeMemory(store), onSwitched);
const give = (track: FakeTrack) => {
  devices.onAsked = () => [track];
  return track;
};

/** The cameras there are, the browser's own choice first. */
const onlyHas = (...ids: string[]) => {
  devices.onAsked = ({ video }) => {
    const wanted = (video as MediaTrackConstraints).deviceId as { exact: string } | undefined;
    const id = wanted === undefined ? ids[0] : ids.find((known) => known === wanted.exact);
    return id === undefined ? { name: "OverconstrainedError" } : [new FakeTrack("video", id)];
  };
};

describe("a microphone", () => {
  it("is silent while muted, and stays open", async () => {
    const microphone = create("microphone");
    const source = give(new FakeTrack("audio"));
    await microphone.turnOn();
    const sent = microphone.state.track as unknown as FakeTrack;
    microphone.turnOff();
    expect([sent.enabled, sent.readyState]).toEqual([false, "live"]);
    expect(source.enabled).toBe(true);
    await microphone.turnOn();
    expect(sent.enabled).toBe(true);
    expect(devices.asked).toHaveLength(1);
  });

  it("can be held without being heard", async () => {
    const microphone = create("microphone");
    give(new FakeTrack("audio"));
    await microphone.hold();
    expect(microphone.state).toMatchObject({ isOn: false, isStarting: false });
    expect((microphone.state.track as unknown as FakeTrack).enabled).toBe(false);
  });

  it("is muted at once when it was muted while it started", async () => {
    const microphone = create("microphone");
    const starting = microphone.turnOn();
    microphone.turnOff();
    devices.asked[0]?.answer([new FakeTrack("audio")]);
    await starting;
    expect(microphone.state.isOn).toBe(false);
    expect((microphone.state.track as unknown as FakeTrack).enabled).toBe(false);
  });
});

describe("a camera", () => {
  it("stops when it is off, so that its light goes out", async () => {
    const camera = create("camera");
    const track = give(new FakeTrack("video"));
    await camera.turnOn();
    camera.turnOff();
    expect(track.readyState).toBe("ended");
    expect(camera.state).toMatchObject({ isOn: false, track: null });
  });

  it("does not stay on when it was turned off while it started", async () => {
    const camera = create("camera");
    const track = new FakeTrack("video");
    const starting = camera.turnOn();
    camera.turnOff();
    devices.asked[0]?.answer([track]);
    await starting;
    expect(track.readyState).toBe("ended");
    expect(camera.state.track).toBeNull();
  });

  it("ends as last asked for when it is toggled quickly, with no track left open", async () => {
    const camera = create("camera");
    const tracks: FakeTrack[] = [];
    devices.onAsked = () => {
      const track = new FakeTrack("video");
      tracks.push(track);
      return [track];
    };
    const all = [];
    for (let round = 0; round < 7; round++) {
      if (camera.state.isOn) camera.turnOff();
      else all.push(camera.turnOn());
    }
    await Promise.all(all);
    expect(camera.state.isOn).toBe(true);
    expect(tracks.filter((track) => track.readyState === "live")).toHaveLength(1);
  });
});

describe("a device that cannot be had", () => {
  it.each([
    ["NotAllowedError", "", "denied"],
    ["NotAllowedError", "Permission dismissed", "dismissed"],
    ["NotAllowedError", "Permission denied by system", "denied_by_system"],
    ["NotFoundError", "", "not_found"],
    ["NotReadableError", "", "busy"],
    ["StrangeError", "", "unknown"],
  ])("%s %s", async (name, message, problem) => {
    const camera = create("camera");
    devices.onAsked = () => ({ name, message });
    await camera.turnOn();
    expect(camera.state).toMatchObject({ problem, isOn: false, isStarting: false });
  });

  it("is an insecure page's without mediaDevices", async () => {
    vi.stubGlobal("isSecureContext", false);
    const camera = new Capture("camera", undefined, fakeMemory(), onSwitched);
    await camera.turnOn();
    expect(camera.state.problem).toBe("insecure");
    vi.unstubAllGlobals();
  });

  it("has no problem any more once it works", async () => {
    const camera = create("camera");
    devices.onAsked = () => ({ name: "NotReadableError" });
    await camera.turnOn();
    give(new FakeTrack("video"));
    await camera.turnOn();
    expect(camera.state).toMatchObject({ problem: null, isOn: true });
  });
});

describe("choosing", () => {
  const second = { deviceId: "second", label: "Second camera" };

  it("changes a running device and remembers the choice", async () => {
    const camera = create("camera");
    const first = give(new FakeTrack("video", "first"));
    await camera.turnOn();
    give(new FakeTrack("video", "second"));
    await camera.choose(second);
    expect(first.readyState).toBe("ended");
    expect(camera.state).toMatchObject({ isOn: true, deviceId: "second" });
    expect(create("camera").constraints()).toMatchObject({ deviceId: { exact: "second" } });
  });

  it("does not switch on what is off", async () => {
    const camera = create("camera");
    await camera.choose(second);
    expect(devices.asked).toHaveLength(0);
  });

  it("takes the browser's own choice when the chosen device is not there", async () => {
    const camera = create("camera");
    onlyHas("first");
    await camera.turnOn();
    await camera.choose(second);
    expect(camera.state).toMatchObject({ isOn: true, deviceId: "first", problem: null });
  });

  it("finds a device by its label where ids change", async () => {
    const camera = create("camera");
    store.setItem("roundup.camera", JSON.stringify({ deviceId: "old", label: "Second camera" }));
    onlyHas("first", "second");
    await camera.turnOn();
    expect(camera.state.deviceId).toBe("first");
    await camera.preferRemembered([{ deviceId: "first", label: "First camera" }, second]);
    expect(camera.state.deviceId).toBe("second");
  });
});

describe("unplugging", () => {
  it("falls back to another device, and says so", async () => {
    const microphone = create("microphone");
    const first = give(new FakeTrack("audio", "headset"));
    await microphone.turnOn();
    give(new FakeTrack("audio", "built-in"));
    first.unplug();
    await vi.waitFor(() => expect(onSwitched).toHaveBeenCalledWith("microphone", "audio built-in"));
    expect(microphone.state).toMatchObject({ isOn: true, deviceId: "built-in" });
  });

  it("keeps a muted microphone muted", async () => {
    const microphone = create("microphone");
    const first = give(new FakeTrack("audio", "headset"));
    await microphone.turnOn();
    microphone.turnOff();
    give(new FakeTrack("audio", "built-in"));
    first.unplug();
    await vi.waitFor(() => expect(onSwitched).toHaveBeenCalled());
    expect((microphone.state.track as unknown as FakeTrack).enabled).toBe(false);
  });

  it("says that it is gone when there is no other", async () => {
    const camera = create("camera");
    const track = give(new FakeTrack("video"));
    await camera.turnOn();
    devices.onAsked = () => ({ name: "NotFoundError" });
    track.unplug();
    await vi.waitFor(() => expect(camera.state.problem).toBe("unplugged"));
  });
});
