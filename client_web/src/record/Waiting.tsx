/** While a page that was kept is fetched, or what draws it. */

import { useTranslation } from "react-i18next";
import { LateHint } from "../shared/LateHint";
import classes from "./KeptPage.module.css";

export function Waiting() {
  const { t } = useTranslation();
  return (
    <div className={classes.waiting}>
      <p>{t("page.loading")}</p>
      <LateHint />
    </div>
  );
}
