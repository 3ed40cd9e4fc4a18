/** Says what helps when a part of the page has not come for long: it may be of a version that the server has no more. */

import { Button } from "@mantine/core";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import classes from "./LateHint.module.css";

/** A slow line has brought it by then. */
const LATE_MS = 12_000;

export function LateHint() {
  const { t } = useTranslation();
  const [isLate, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), LATE_MS);
    return () => clearTimeout(timer);
  }, []);
  if (!isLate) return null;
  return (
    <div className={classes.hint}>
      <p className={classes.text}>{t("page.late")}</p>
      <Button variant="default" onClick={() => location.reload()}>
        {t("page.reload")}
      </Button>
    </div>
  );
}
