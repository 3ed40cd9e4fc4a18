/** One line for each thing that was tried: a sign, a sentence, and what to do if it is not good. */

import { Button, Loader } from "@mantine/core";
import { CircleCheck, CircleDashed, CircleMinus, CircleX, TriangleAlert } from "lucide-react";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { playTestSound } from "../media/testSound";
import type { CheckState } from "./connectionCheck";
import classes from "./ResultList.module.css";
import type { Mark } from "./results";
import { type Line, useLines } from "./useLines";

interface ResultListProps {
  state: CheckState;
  onHeard(heard: boolean): void;
}

export function ResultList({ state, onHeard }: ResultListProps) {
  const lines = useLines(state);
  return (
    <ul className={classes.list}>
      {lines.map((line) => (
        <ResultLine key={line.name} line={line}>
          {line.name === "speaker" && (
            <SpeakerQuestion isAnswered={state.results.speaker !== null} onHeard={onHeard} />
          )}
        </ResultLine>
      ))}
    </ul>
  );
}

const ICONS = {
  good: CircleCheck,
  fair: TriangleAlert,
  shut: TriangleAlert,
  bad: CircleX,
  none: CircleMinus,
} as const;

function ResultLine({ line, children }: { line: Line; children: ReactNode }) {
  const { t } = useTranslation();
  const { name, mark, text, advice } = line;
  return (
    <li className={classes.line} data-mark={mark ?? undefined} data-check={name}>
      <Sign mark={mark} isRunning={line.isRunning} />
      <div className={classes.words}>
        <p className={classes.name}>
          {t(`connectionTest.name.${name}`)}
          {mark !== null && <span className="visually-hidden">: {t(`connectionTest.mark.${mark}`)}</span>}
        </p>
        {text !== "" && <p className={classes.text}>{text}</p>}
        {advice !== "" && <p className={classes.advice}>{advice}</p>}
        {children}
      </div>
    </li>
  );
}

function Sign({ mark, isRunning }: { mark: Mark | null; isRunning: boolean }) {
  const Icon = mark === null ? CircleDashed : ICONS[mark];
  return (
    <span className={classes.sign} aria-hidden="true">
      {isRunning && mark === null ? <Loader size={22} /> : <Icon size={26} />}
    </span>
  );
}

/** Only a person can tell whether there was anything to hear. */
function SpeakerQuestion({ isAnswered, onHeard }: { isAnswered: boolean; onHeard(heard: boolean): void }) {
  const { t } = useTranslation();
  const [step, setStep] = useState<"before" | "playing" | "after">("before");
  const play = () => {
    setStep("playing");
    // A sound that cannot even be played is not heard either; the person says so.
    playTestSound("")
      .catch(() => undefined)
      .finally(() => setStep("after"));
  };
  return (
    <div className={classes.question}>
      <Button variant="default" size="sm" disabled={step === "playing"} onClick={play}>
        {t(step === "playing" ? "device.testing" : "connectionTest.speaker.play")}
      </Button>
      {step === "after" && !isAnswered && (
        <>
          <span>{t("connectionTest.speaker.question")}</span>
          <Button variant="light" size="sm" onClick={() => onHeard(true)}>
            {t("connectionTest.speaker.yes")}
          </Button>
          <Button variant="light" size="sm" onClick={() => onHeard(false)}>
            {t("connectionTest.speaker.no")}
          </Button>
        </>
      )}
    </div>
  );
}
