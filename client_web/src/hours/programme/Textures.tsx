/** What tells kinds of contact apart in charts: a colour and a texture each, so that neither has to be seen alone. */

import type { ContactType } from "../../protocol/generated";
import { CONTACT_TYPES } from "../contacts";
import classes from "./Textures.module.css";

/** Size of a texture's tile, in pixels. */
const TILE = 6;

const LINES: Readonly<Record<ContactType, string | null>> = {
  conference: null,
  group: "M0,6 L6,0 M-1.5,1.5 L1.5,-1.5 M4.5,7.5 L7.5,4.5",
  observation: null,
  phone: "M0,0 L6,6 M-1.5,4.5 L1.5,7.5 M4.5,-1.5 L7.5,1.5",
  email: "M0,1.5 H6 M0,4.5 H6",
  reading: "M1.5,0 V6 M4.5,0 V6",
  visit: "M0,3 H6 M3,0 V6",
  other: null,
};

/** What a shape of that kind is filled with. `Textures` has to be on the page. */
export const fillOf = (type: ContactType): string => `url(#texture-${type})`;

export function Textures() {
  return (
    <svg width="0" height="0" aria-hidden="true" className={classes.textures}>
      <defs>
        {CONTACT_TYPES.map((type) => (
          <pattern
            key={type}
            id={`texture-${type}`}
            width={TILE}
            height={TILE}
            patternUnits="userSpaceOnUse"
            data-type={type}
          >
            <rect width={TILE} height={TILE} className={classes.ground} />
            {LINES[type] !== null && <path d={LINES[type]} className={classes.lines} />}
          </pattern>
        ))}
      </defs>
    </svg>
  );
}

/** A small piece of a kind's colour and texture, beside its name. */
export function Swatch({ type }: { type: ContactType }) {
  return (
    <svg width="14" height="14" aria-hidden="true" className={classes.swatch}>
      <rect width="14" height="14" rx="3" fill={fillOf(type)} />
    </svg>
  );
}
