/** While a page, or what shows it, has not come yet. */

import { Loader } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useRoom } from "../session/sessionContext";
import { LateHint } from "../shared/LateHint";
import classes from "./DeskBody.module.css";

export function Opening() {
  const { t } = useTranslation();
  const isConnected = useRoom(({ connection }) => connection.kind === "connected");
  return (
    <div className={classes.note}>
      <span role="status" aria-label={t("page.loading")}>
        <Loader />
      </span>
      {isConnected && <LateHint />}
    </div>
  );
}
