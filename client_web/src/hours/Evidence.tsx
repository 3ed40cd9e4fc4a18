/** Who was there when, drawn against the clock: both people, what they sent and received, and when both were there. */

import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { MeetingEvidence, Stretch } from "../protocol/generated";
import { clockTime } from "./days";
import { exactText } from "./durations";
import classes from "./Evidence.module.css";
import { clockMarks, lengthOf, offsetOf, placed, spanOf } from "./geometry";

interface EvidenceProps {
  evidence: MeetingEvidence;
  timeZone: string;
}

/** Marks of the clock that a phone has room for. */
const MOST_MARKS = 5;

type Kind = "present" | "media" | "microphone" | "camera" | "together" | "elsewhere";

export function Evidence({ evidence, timeZone }: EvidenceProps) {
  const { t, i18n } = useTranslation();
  const span = spanOf(evidence);
  if (span === null) return null;
  const marks = clockMarks(span, offsetOf(span.started_at, timeZone), MOST_MARKS);
  const row = (kind: Kind, who: string, stretches: readonly Stretch[], note?: string) => (
    <Row kind={kind} who={who} stretches={stretches} span={span} timeZone={timeZone} note={note} />
  );
  return (
    <div className={classes.evidence}>
      {evidence.people.map((person) => (
        <div key={person.side} className={classes.person}>
          <h3 className={classes.name}>
            {person.person.name} <span className={classes.side}>{t(`hours.side.${person.side}`)}</span>
          </h3>
          <Plot evidence={evidence} span={span}>
            {row("present", person.person.name, person.present)}
            {row("media", person.person.name, person.media)}
            {row(
              "microphone",
              person.person.name,
              person.microphone,
              person.spoke_ms > 0
                ? t("hours.evidence.spoke", { time: exactText(person.spoke_ms, i18n.language) })
                : undefined,
            )}
            {row("camera", person.person.name, person.camera)}
          </Plot>
        </div>
      ))}
      <div className={classes.person}>
        <h3 className={classes.name}>{t("hours.evidence.both")}</h3>
        <Plot evidence={evidence} span={span}>
          {row("together", t("hours.evidence.both"), evidence.together)}
          {evidence.counted_elsewhere.length > 0 &&
            row("elsewhere", t("hours.evidence.both"), evidence.counted_elsewhere)}
        </Plot>
        <div className={classes.clock} aria-hidden="true">
          {marks.map(({ at, left }) => (
            <span key={at} style={{ left: `${left}%` }}>
              {clockTime(at, timeZone, i18n.language)}
            </span>
          ))}
        </div>
      </div>
      <p className={classes.note}>{t("hours.evidence.zone", { zone: timeZone.replaceAll("_", " ") })}</p>
    </div>
  );
}

/** Rows above each other, and behind them when both were there. */
function Plot({
  evidence,
  span,
  children,
}: {
  evidence: MeetingEvidence;
  span: Stretch;
  children: ReactNode;
}) {
  return (
    <div className={classes.plot}>
      <div className={classes.behind} aria-hidden="true">
        {placed(evidence.together, span).map(({ left, width, stretch }) => (
          <span key={stretch.started_at} style={{ left: `${left}%`, width: `${width}%` }} />
        ))}
      </div>
      {children}
    </div>
  );
}

interface RowProps {
  kind: Kind;
  who: string;
  stretches: readonly Stretch[];
  span: Stretch;
  timeZone: string;
  note?: string | undefined;
}

/** One row; in words it says from when until when. */
function Row({ kind, who, stretches, span, timeZone, note }: RowProps) {
  const { t, i18n } = useTranslation();
  const { language } = i18n;
  const length = exactText(lengthOf(stretches), language);
  const words = ({ started_at, ended_at }: Stretch) =>
    t("hours.evidence.fromTo", {
      from: clockTime(started_at, timeZone, language, true),
      to: clockTime(ended_at, timeZone, language, true),
    });
  return (
    <div className={classes.row} data-kind={kind}>
      <p className={classes.label}>
        <span>{t(`hours.evidence.${kind}`)}</span>{" "}
        <span className={classes.length}>
          {length}
          {note !== undefined && ` · ${note}`}
        </span>
      </p>
      <div className={classes.track} aria-hidden="true">
        {placed(stretches, span).map(({ left, width, stretch }) => (
          <span
            key={stretch.started_at}
            className={classes.bar}
            title={`${words(stretch)} · ${exactText(stretch.ended_at - stretch.started_at, language)}`}
            style={{ left: `${left}%`, width: `${width}%` }}
          />
        ))}
      </div>
      {stretches.length > 0 && (
        <p className="visually-hidden">{`${who}: ${stretches.map(words).join("; ")}`}</p>
      )}
    </div>
  );
}
