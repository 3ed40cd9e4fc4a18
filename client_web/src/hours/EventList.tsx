/** Every connection of somebody in a meeting, with all that was recorded of it. */

import { useTranslation } from "react-i18next";
import type { ConnectionEvidence, PersonEvidence, PresenceEvent } from "../protocol/generated";
import { clockTime } from "./days";
import { exactText } from "./durations";
import classes from "./EventList.module.css";

const KNOWN = [
  "joined",
  "left",
  "lost",
  "removed",
  "ended",
  "crashed",
  "media_on",
  "media_off",
  "microphone_on",
  "microphone_off",
  "camera_on",
  "camera_off",
  "spoke",
] as const;

interface EventListProps {
  person: PersonEvidence;
  timeZone: string;
}

export function EventList({ person, timeZone }: EventListProps) {
  const { t } = useTranslation();
  return (
    <details className={classes.part}>
      <summary className={classes.summary}>
        {t("hours.event.of", { name: person.person.name, count: person.connections.length })}
      </summary>
      {person.connections.map((connection, index) => (
        <Connection
          key={connection.connection_id}
          connection={connection}
          number={index + 1}
          timeZone={timeZone}
        />
      ))}
    </details>
  );
}

interface ConnectionProps {
  connection: ConnectionEvidence;
  number: number;
  timeZone: string;
}

function Connection({ connection, number, timeZone }: ConnectionProps) {
  const { t, i18n } = useTranslation();
  const { language } = i18n;
  const time = (at: number) => clockTime(at, timeZone, language, true);
  const { joined_at: from, left_at: to, last_seen_at: seen } = connection;
  return (
    <table className={classes.events}>
      <caption className={classes.caption}>
        {t(to === null ? "hours.event.connectionOpen" : "hours.event.connection", {
          number,
          from: time(from),
          to: time(to ?? seen),
        })}{" "}
        <code className={classes.id}>{connection.connection_id}</code>
      </caption>
      <thead className="visually-hidden">
        <tr>
          <th scope="col">{t("hours.event.number")}</th>
          <th scope="col">{t("hours.event.at")}</th>
          <th scope="col">{t("hours.event.what")}</th>
        </tr>
      </thead>
      <tbody>
        {connection.events.map((event) => (
          <tr key={event.seq} data-kind={event.kind}>
            <td className={classes.number}>{event.seq}</td>
            <td className={classes.time}>{time(event.at)}</td>
            <td>
              <What event={event} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function What({ event }: { event: PresenceEvent }) {
  const { t, i18n } = useTranslation();
  const kind = KNOWN.find((one) => one === event.kind);
  return (
    <>
      {kind === undefined ? <code>{event.kind}</code> : t(`hours.event.kind.${kind}`)}
      {event.length_ms !== null && <> {exactText(event.length_ms, i18n.language)}</>}
      {event.is_late && <span className={classes.late}>{t("hours.event.late")}</span>}
    </>
  );
}
