/** Says whether everything that was changed here is kept. */

import { useTranslation } from "react-i18next";
import type { DocumentLink } from "../documents/documentLink";
import type { DocumentInfo } from "../protocol/generated";
import { useRoom } from "../session/sessionContext";
import { hasConnectionTrouble } from "../state/roomState";
import classes from "./SavedMark.module.css";
import { useDocumentState } from "./useDocument";

export function SavedMark({ link, page }: { link: DocumentLink; page: DocumentInfo }) {
  const { t } = useTranslation();
  const { isSaved, trouble } = useDocumentState(link);
  const isOffline = useRoom(hasConnectionTrouble);
  const text = () => {
    if (trouble !== null) return t(`problem.${trouble.code}`);
    if (!isSaved) return t(isOffline ? "desk.keptHere" : "desk.saving");
    if (page.health === "nearly_full" || page.health === "full" || page.health === "unsaved") {
      return t(`desk.health.${page.health}`);
    }
    return page.is_locked ? t("desk.locked") : t("desk.saved");
  };
  const isGood = trouble === null && (isSaved || !isOffline) && page.health === "good";
  return (
    <span className={classes.mark} role="status" data-good={isGood || undefined}>
      {text()}
    </span>
  );
}
