/** Microphones and cameras without hardware. */

export class FakeTrack extends EventTarget {
  enabled = true;
  readyState: MediaStreamTrackState = "live";
  readonly kind: "audio" | "video";
  readonly label: string;
  readonly #deviceId: string;
  readonly clones: FakeTrack[] = [];

  constructor(kind: "audio" | "video", deviceId = "default") {
    super();
    this.kind = kind;
    this.label = `${kind} ${deviceId}`;
    this.#deviceId = deviceId;
  }

  getSettings(): MediaTrackSettings {
    return { deviceId: this.#deviceId };
  }

  clone(): FakeTrack {
    const clone = new FakeTrack(this.kind, this.#deviceId);
    this.clones.push(clone);
    return clone;
  }

  stop(): void {
    this.readyState = "ended";
  }

  /** The device is pulled out. */
  unplug(): void {
    this.readyState = "ended";
    this.dispatchEvent(new Event("ended"));
  }
}

type Answer = FakeTrack[] | { name: string; message?: string };

/** Answers each `getUserMedia` when the test says so. */
export class FakeDevices extends EventTarget {
  readonly asked: { constraints: MediaStreamConstraints; answer: (answer: Answer) => void }[] = [];
  listed: Partial<MediaDeviceInfo>[] = [];
  /** Answers at once when set. */
  onAsked: ((constraints: MediaStreamConstraints) => Answer) | null = null;

  getUserMedia(constraints: MediaStreamConstraints): Promise<MediaStream> {
    return new Promise((resolve, reject) => {
      const answer = (given: Answer) => {
        if (Array.isArray(given)) resolve(streamOf(given));
        else reject(Object.assign(new Error(given.message ?? ""), { name: given.name }));
      };
      this.asked.push({ constraints, answer });
      if (this.onAsked !== null) answer(this.onAsked(constraints));
    });
  }

  async enumerateDevices(): Promise<MediaDeviceInfo[]> {
    return this.listed as MediaDeviceInfo[];
  }

  get asMediaDevices(): MediaDevices {
    return this as unknown as MediaDevices;
  }
}

function streamOf(tracks: FakeTrack[]): MediaStream {
  return {
    getTracks: () => tracks,
    getAudioTracks: () => tracks.filter((track) => track.kind === "audio"),
    getVideoTracks: () => tracks.filter((track) => track.kind === "video"),
  } as unknown as MediaStream;
}
