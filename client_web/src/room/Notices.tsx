/** What there is to tell about one's devices: over the lower edge of the tiles, which do not move for it. */

import { HintList } from "../controls/HintList";
import classes from "./Notices.module.css";

export function Notices() {
  return (
    <div className={classes.edge}>
      <div className={classes.notices}>
        {/* Two at most: what stands here covers faces. */}
        <HintList most={2} />
      </div>
    </div>
  );
}
