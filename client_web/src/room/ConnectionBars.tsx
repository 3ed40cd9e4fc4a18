/** Three bars, some of them empty: somebody's connection is not what it should be. */

import { useTranslation } from "react-i18next";
import type { Quality } from "../protocol/generated";
import classes from "./ConnectionBars.module.css";

interface ConnectionBarsProps {
  quality: Quality;
  isSelf: boolean;
}

const FULL: Record<Quality, number> = { poor: 1, fair: 2, good: 3 };
const BARS = [5, 9, 13];

export function ConnectionBars({ quality, isSelf }: ConnectionBarsProps) {
  const { t } = useTranslation();
  if (quality === "good") return null;
  const text = isSelf ? t(`room.ownConnection.${quality}`) : t(`room.connection.${quality}`);
  return (
    <svg className={classes.bars} viewBox="0 0 14 14" role="img" aria-label={text} data-quality={quality}>
      <title>{text}</title>
      {BARS.map((height, at) => (
        <rect
          key={height}
          x={at * 5}
          y={14 - height}
          width={4}
          height={height}
          rx={1}
          className={at < FULL[quality] ? classes.full : classes.empty}
        />
      ))}
    </svg>
  );
}
