/** A moving picture that fills its box. Never with sound: that is played elsewhere. */

import { useEffect, useRef } from "react";
import classes from "./VideoView.module.css";

interface VideoViewProps {
  track: MediaStreamTrack | null;
  isMirrored?: boolean;
  /** Nothing of it is cut off. */
  isWhole?: boolean;
}

export function VideoView({ track, isMirrored = false, isWhole = false }: VideoViewProps) {
  const video = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    const element = video.current;
    if (element === null || track === null) return;
    element.srcObject = new MediaStream([track]);
    // Muted video may always play; a refusal means that the element is going away.
    element.play().catch(() => undefined);
    return () => {
      element.srcObject = null;
    };
  }, [track]);
  return (
    <video
      ref={video}
      className={classes.video}
      data-mirrored={isMirrored || undefined}
      data-whole={isWhole || undefined}
      autoPlay
      playsInline
      muted
      disablePictureInPicture
    />
  );
}
