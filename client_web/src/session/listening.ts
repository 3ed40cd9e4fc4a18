/** What is done with sound while one is inside: it is told who speaks, and sound that stalls is given time. */

import type { StoreApi } from "zustand/vanilla";
import type { Capture } from "../media/capture";
import { OwnVoice } from "../media/ownVoice";
import { PlayoutKeeper } from "../media/playoutKeeper";
import { SpeakingMonitor } from "../media/speakingMonitor";
import type { MediaState } from "./mediaState";

export interface Listening {
  microphone: Capture;
  media: StoreApi<MediaState>;
  /** Who of the others is heard has changed. */
  onSpeaking(speaking: ReadonlySet<string>): void;
}

/** Listen to oneself and to the others until the returned function is called. */
export function listen({ microphone, media, onSpeaking }: Listening): () => void {
  const voice = new OwnVoice((heard) => media.setState(heard));
  const monitor = new SpeakingMonitor(onSpeaking);
  const playout = new PlayoutKeeper();
  const listenToOneself = () => {
    const { source, isOn } = microphone.state;
    voice.listenTo(source, !isOn);
  };
  const listenToOthers = ({ received, slots, slotSpeakers, talking }: MediaState) => {
    playout.watch([...received, ...slots]);
    monitor.listenTo(slots);
    monitor.follow({ slots: slotSpeakers, talking });
  };
  const ends = [
    microphone.store.subscribe(listenToOneself),
    media.subscribe(listenToOthers),
    () => voice.close(),
    () => monitor.close(),
    () => playout.close(),
  ];
  listenToOneself();
  listenToOthers(media.getState());
  return () => {
    for (const end of ends) end();
  };
}
