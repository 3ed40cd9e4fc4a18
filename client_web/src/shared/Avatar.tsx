/** A person without a picture. Decorative: the name stands beside it. */

import classes from "./Avatar.module.css";
import { initials } from "./initials";
import { useColours } from "./palette";

interface AvatarProps {
  name: string;
  /** Whose colour it is, wherever they stand. */
  personId: string;
}

export function Avatar({ name, personId }: AvatarProps) {
  const colourOf = useColours();
  return (
    <span className={classes.avatar} data-colour={colourOf(personId)} aria-hidden="true">
      <span className={classes.letters}>{initials(name)}</span>
    </span>
  );
}
