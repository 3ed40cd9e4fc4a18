/** Show a tile large by a click on it, and all alike again by another. */

import { useTranslation } from "react-i18next";
import { useSession, useStage } from "../session/sessionContext";
import { isSamePicture, type Picture } from "../state/stage";

export interface Pin {
  isPinned: boolean;
  /** What a click does. */
  label: string;
  toggle(): void;
}

export function usePin(picture: Picture, name: string): Pin {
  const { t } = useTranslation();
  const session = useSession();
  const isPinned = isSamePicture(useStage().pinned, picture);
  return {
    isPinned,
    label: isPinned ? t("room.unpin", { name }) : t("room.pin", { name }),
    toggle: () => session.stage.togglePinned(picture),
  };
}
