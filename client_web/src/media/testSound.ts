/** Three soft notes through the chosen speaker, made here: nothing is downloaded. */

const NOTES_HZ = [392, 494, 587];
const NOTE_S = 0.28;
export const TEST_SOUND_MS = 1_300;

export async function playTestSound(speakerId: string): Promise<void> {
  const context = new AudioContext();
  const output = context.createMediaStreamDestination();
  NOTES_HZ.forEach(
    (hz, index) => void addNote(context, output, hz, context.currentTime + 0.05 + index * NOTE_S),
  );
  const audio = new Audio();
  audio.srcObject = output.stream;
  if (speakerId !== "" && "setSinkId" in audio) await audio.setSinkId(speakerId).catch(() => undefined);
  try {
    await context.resume();
    await audio.play();
    await new Promise((resolve) => setTimeout(resolve, TEST_SOUND_MS));
  } finally {
    audio.srcObject = null;
    await context.close();
  }
}

function addNote(context: AudioContext, output: AudioNode, hz: number, at: number): void {
  const tone = new OscillatorNode(context, { type: "sine", frequency: hz });
  const gain = new GainNode(context, { gain: 0 });
  gain.gain.setValueAtTime(0, at);
  gain.gain.linearRampToValueAtTime(0.25, at + 0.02);
  gain.gain.exponentialRampToValueAtTime(0.001, at + NOTE_S * 2);
  tone.connect(gain).connect(output);
  tone.start(at);
  tone.stop(at + NOTE_S * 2);
}
