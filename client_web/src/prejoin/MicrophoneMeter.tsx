/** A bar that follows one's voice, and words that say that it does. */

import { Mic, MicOff } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { LevelMeter } from "../media/levelMeter";
import { meterLength, SpeechGate } from "../media/speechGate";
import { useCapture } from "../session/sessionContext";
import classes from "./MicrophoneMeter.module.css";

export function MicrophoneMeter() {
  const { t } = useTranslation();
  const { source, isOn, isStarting, problem } = useCapture("microphone");
  const bar = useRef<HTMLDivElement>(null);
  const [isHeard, setHeard] = useState(false);

  useEffect(() => {
    setHeard(false);
    if (source === null || !isOn) return;
    const meter = new LevelMeter(source);
    const gate = new SpeechGate();
    let frame = 0;
    const draw = () => {
      const level = meter.level();
      if (bar.current) bar.current.style.transform = `scaleX(${meterLength(level)})`;
      if (gate.update(level, performance.now())) setHeard(true);
      frame = requestAnimationFrame(draw);
    };
    draw();
    return () => {
      cancelAnimationFrame(frame);
      meter.close();
    };
  }, [source, isOn]);

  const isExpected = isStarting || problem !== null;
  const withSource = !isOn ? "muted" : isHeard ? "heard" : "saySomething";
  const words = source !== null ? withSource : isExpected ? "noSound" : "noMicrophone";
  const Icon = source !== null && isOn ? Mic : MicOff;
  return (
    <div className={classes.meter}>
      <Icon size={18} aria-hidden="true" />
      <div className={classes.track} aria-hidden="true">
        {source !== null && isOn && (
          <div ref={bar} className={classes.bar} data-heard={isHeard || undefined} />
        )}
      </div>
      <p className={classes.words}>{t(`door.meter.${words}`)}</p>
    </div>
  );
}
