/** Who waits behind the door. */

import { useTranslation } from "react-i18next";
import type { Inside } from "../protocol/generated";
import { Avatar } from "../shared/Avatar";
import { useInsideText } from "../shared/useInsideText";
import classes from "./WhoIsInside.module.css";

const MOST_FACES = 5;

export function WhoIsInside({ inside }: { inside: readonly Inside[] }) {
  const { t } = useTranslation();
  const text = useInsideText(inside);
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
