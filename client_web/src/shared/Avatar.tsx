/** A person without a picture. Decorative: the name stands beside it. */

import { useContext } from "react";
import classes from "./Avatar.module.css";
import { colourOf, initials } from "./initials";
import { PaletteContext } from "./palette";

interface AvatarProps {
  name: string;
  /** Whose colour it is, wherever they stand on this page. */
  personId: string;
}

export function Avatar({ name, personId }: AvatarProps) {
  const palette = useContext(PaletteContext);
  return (
    <span
      className={classes.avatar}
      data-colour={palette?.of(personId) ?? colourOf(personId)}
      aria-hidden="true"
    >
      <span className={classes.letters}>{initials(name)}</span>
    </span>
  );
}
