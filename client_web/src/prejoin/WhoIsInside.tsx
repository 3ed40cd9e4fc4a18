/** Who waits behind the door. */

import { useTranslation } from "react-i18next";
import type { Inside } from "../protocol/generated";
import { Avatar } from "../shared/Avatar";
import { listNames, namesAndRest } from "./insideText";
import classes from "./WhoIsInside.module.css";

const MOST_FACES = 5;

export function WhoIsInside({ inside }: { inside: readonly Inside[] }) {
  const { t, i18n } = useTranslation();
  const { said, rest } = namesAndRest(inside.map((person) => person.name));
  const names = listNames(said, i18n.language, rest === 0);
  const text =
    inside.length === 0
      ? t("door.nobody")
      : rest > 0
        ? t("door.namesMore", { names, count: rest })
        : t("door.names", { names, count: said.length });
  return (
    <div className={classes.inside} role="status" aria-label={t("door.inside")}>
      {inside.length > 0 && (
        <span className={classes.faces} aria-hidden="true">
          {inside.slice(0, MOST_FACES).map((person) => (
            <span key={person.participant_id} className={classes.face}>
              <Avatar name={person.name} />
            </span>
          ))}
        </span>
      )}
      <span className={classes.text}>{text}</span>
    </div>
  );
}
