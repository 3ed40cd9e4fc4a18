/** Plays the room's audio slots: whoever is heard is heard in one of them. */

import { memo, useEffect, useRef } from "react";
import { useDevices, useMedia, useRoom, useSession } from "../session/sessionContext";

export function RemoteAudio() {
  const slots = useMedia((media) => media.slots);
  return slots.map(({ track }, slot) => <SlotVoice key={track.id} slot={slot} track={track} />);
}

interface SlotVoiceProps {
  slot: number;
  track: MediaStreamTrack;
}

const SlotVoice = memo(function SlotVoice({ slot, track }: SlotVoiceProps) {
  const session = useSession();
  const { speakerId } = useDevices();
  const isSoundBlocked = useMedia((media) => media.isSoundBlocked);
  const isSomebodyToHear = useRoom(({ snapshot, you }) => {
    const others = snapshot?.participants.filter((p) => p.participant_id !== you?.participant_id) ?? [];
    return others.some(({ producers }) =>
      producers.some(({ source, is_paused }) => source === "microphone" && !is_paused),
    );
  });
  const audio = useRef<HTMLAudioElement>(null);

  useEffect(() => {
    const element = audio.current;
    if (element === null) return;
    element.srcObject = new MediaStream([track]);
    return () => {
      element.srcObject = null;
    };
  }, [track]);

  useEffect(() => {
    const element = audio.current;
    if (element === null || isSoundBlocked || !isSomebodyToHear || track.readyState === "ended") return;
    element.play().catch((error: unknown) => {
      if (error instanceof Error && error.name === "NotAllowedError") session.setSoundBlocked(true);
    });
  }, [session, track, isSoundBlocked, isSomebodyToHear]);

  useEffect(() => {
    const element = audio.current;
    // A speaker that is gone leaves the sound where it was.
    if (element !== null && "setSinkId" in element) element.setSinkId(speakerId).catch(() => undefined);
  }, [speakerId]);

  // Never muted, whoever is in the slot: sound is quicker than the message that says who comes next.
  return <audio ref={audio} data-slot={slot} autoPlay muted={false} />;
});
