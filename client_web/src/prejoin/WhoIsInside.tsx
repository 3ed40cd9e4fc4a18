/** Who waits behind the door. */

import { useTranslation } from "react-i18next";
import type { Inside } from "../protocol/generated";
import { Avatar } from "../shared/Avatar";
import { useInsideText } from "../shared/useInsideText";
import classes from "./WhoIsInside.module.css";

const MOST_FACES = 5;

interface WhoIsInsideProps {
  inside: readonly Inside[];
  ownId: string;
}

export function WhoIsInside({ inside, ownId }: WhoIsInsideProps) {
  const { t } = useTranslation();
  const text = useInsideText(inside, ownId);
  const others = inside.filter((person) => person.person_id !== ownId);
  return (
    <div className={classes.inside} role="status" aria-label={t("door.inside")}>
      {others.length > 0 && (
        <span className={classes.faces} aria-hidden="true">
          {others.slice(0, MOST_FACES).map((person) => (
            <span key={person.participant_id} className={classes.face}>
              <Avatar name={person.name} personId={person.person_id} />
            </span>
          ))}
        </span>
      )}
      <span className={classes.text}>{text}</span>
    </div>
  );
}
