/** Says whether everything that was changed here is kept. */

import { Check, Ellipsis } from "lucide-react";
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
  // While the line is gone nothing else is news: what is not sent waits here.
  const isWaiting = isOffline && !isSaved;
  const isInTrouble = trouble !== null && !isWaiting;
  const text = () => {
    if (isWaiting) return t("desk.keptHere");
    if (isInTrouble) return t(`problem.${trouble.code}`);
    if (!isSaved) return t("desk.saving");
    if (page.health === "nearly_full" || page.health === "full" || page.health === "unsaved") {
      return t(`desk.health.${page.health}`);
    }
    return page.is_locked ? t("desk.locked") : t("desk.saved");
  };
  const isGood = !isWaiting && !isInTrouble && page.health === "good";
  const isUsual = isGood && !page.is_locked;
  const Icon = isSaved ? Check : Ellipsis;
  return (
    <span
      className={classes.mark}
      role="status"
      data-good={isGood || undefined}
      data-usual={isUsual || undefined}
      title={text()}
    >
      {isUsual && <Icon size={18} aria-hidden="true" className={classes.icon} />}
      <span className={classes.text}>{text()}</span>
    </span>
  );
}
