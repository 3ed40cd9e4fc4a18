/** Plays what the others say. Apart from the tiles, which come and go with the layout. */

import { memo, useEffect, useRef } from "react";
import { useDevices, useMedia, useRoom, useSession } from "../session/sessionContext";

export function RemoteAudio() {
  const tracks = useMedia((media) => media.tracks);
  return Object.entries(tracks).map(([participantId, { microphone }]) =>
    microphone ? <Voice key={participantId} participantId={participantId} track={microphone} /> : null,
  );
}

interface VoiceProps {
  participantId: string;
  track: MediaStreamTrack;
}

const Voice = memo(function Voice({ participantId, track }: VoiceProps) {
  const session = useSession();
  const { speakerId } = useDevices();
  const isSoundBlocked = useMedia((media) => media.isSoundBlocked);
  const isMuted = useRoom(({ snapshot }) => {
    const speaker = snapshot?.participants.find((p) => p.participant_id === participantId);
    return !speaker?.producers.some(({ source, is_paused }) => source === "microphone" && !is_paused);
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
    if (element === null || isSoundBlocked || track.readyState === "ended") return;
    element.play().catch((error: unknown) => {
      if (error instanceof Error && error.name === "NotAllowedError") session.setSoundBlocked(true);
    });
  }, [session, track, isSoundBlocked]);

  useEffect(() => {
    const element = audio.current;
    // A speaker that is gone leaves the sound where it was.
    if (element !== null && "setSinkId" in element) element.setSinkId(speakerId).catch(() => undefined);
  }, [speakerId]);

  // Who has muted themselves is not heard: not even what the browser still makes of their last packets.
  return <audio ref={audio} data-voice-of={participantId} autoPlay muted={isMuted} />;
});
