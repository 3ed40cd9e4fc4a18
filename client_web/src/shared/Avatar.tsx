/** A person without a picture. Decorative: the name stands beside it. */

import classes from "./Avatar.module.css";
import { colourOf, initials } from "./initials";

export function Avatar({ name }: { name: string }) {
  return (
    <span className={classes.avatar} data-colour={colourOf(name)} aria-hidden="true">
      <span className={classes.letters}>{initials(name)}</span>
    </span>
  );
}
