/** A person without a picture. Decorative: the name stands beside it. */

import classes from "./Avatar.module.css";
import { colourOf, initials } from "./initials";

interface AvatarProps {
  name: string;
  /** Whose colour it is, everywhere and for ever. */
  personId: string;
}

export function Avatar({ name, personId }: AvatarProps) {
  return (
    <span className={classes.avatar} data-colour={colourOf(personId)} aria-hidden="true">
      <span className={classes.letters}>{initials(name)}</span>
    </span>
  );
}
