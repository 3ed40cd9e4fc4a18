/** Reads out what happens, for those who do not see it. */

import { useTranslation } from "react-i18next";
import { useHints } from "../session/sessionContext";

export function Announcer() {
  const { t } = useTranslation();
  const spoken = useHints((state) => state.spoken);
  let text = "";
  if (spoken !== null) {
    const { announcement } = spoken;
    text = t(`said.${announcement.code}`, { ...announcement });
  }
  return (
    <div aria-live="polite" className="visually-hidden">
      {/* A new element each time: the same words twice are said twice. */}
      <span key={spoken?.id}>{text}</span>
    </div>
  );
}
