/** How loud a local track is just now. */

export class LevelMeter {
  readonly #context: AudioContext;
  readonly #source: MediaStreamAudioSourceNode;
  readonly #analyser: AnalyserNode;
  readonly #samples: Float32Array<ArrayBuffer>;

  constructor(track: MediaStreamTrack) {
    this.#context = new AudioContext();
    this.#source = this.#context.createMediaStreamSource(new MediaStream([track]));
    this.#analyser = this.#context.createAnalyser();
    this.#analyser.fftSize = 1024;
    this.#samples = new Float32Array(this.#analyser.fftSize);
    this.#source.connect(this.#analyser);
    if (this.#context.state === "suspended") {
      // Browsers start a context only after somebody has touched the page.
      for (const name of GESTURES) addEventListener(name, this.#resume);
    }
  }

  /** Return the amplitude (root mean square) of the last 20 ms or so, 0 to 1. */
  level(): number {
    this.#analyser.getFloatTimeDomainData(this.#samples);
    let sum = 0;
    for (const sample of this.#samples) sum += sample * sample;
    return Math.sqrt(sum / this.#samples.length);
  }

  close(): void {
    for (const name of GESTURES) removeEventListener(name, this.#resume);
    this.#source.disconnect();
    if (this.#context.state !== "closed") void this.#context.close();
  }

  readonly #resume = (): void => {
    for (const name of GESTURES) removeEventListener(name, this.#resume);
    if (this.#context.state !== "closed") void this.#context.resume();
  };
}

const GESTURES = ["pointerdown", "keydown"] as const;
