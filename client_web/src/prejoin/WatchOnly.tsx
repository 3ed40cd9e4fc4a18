/** In the place of one's own picture: that one may only watch and listen in this room. */

import { Ear } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Person } from "../protocol/generated";
import { useRoom } from "../session/sessionContext";
import { Avatar } from "../shared/Avatar";
import { mayWrite } from "../state/roomState";
import classes from "./WatchOnly.module.css";

export function WatchOnly({ person }: { person: Person }) {
  const { t } = useTranslation();
  const canWrite = useRoom(mayWrite);
  return (
    <div className={classes.card}>
      <span className={classes.face}>
        <Avatar name={person.name} personId={person.person_id} />
      </span>
      <p className={classes.title}>
        <Ear size={22} aria-hidden="true" className={classes.icon} />
        {t(canWrite ? "door.watch.andWrite" : "door.watch.only")}
      </p>
      <p className={classes.text}>{t("door.watch.text")}</p>
    </div>
  );
}
