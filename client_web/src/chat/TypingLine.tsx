/** Who is writing just now. */

import { useTranslation } from "react-i18next";
import { useRoom } from "../session/sessionContext";
import { listNames } from "../shared/insideText";
import { typingNames } from "../state/typing";
import classes from "./TypingLine.module.css";

const MOST_NAMES = 2;

export function TypingLine() {
  const { t, i18n } = useTranslation();
  const typing = useRoom((state) => state.typing);
  const participants = useRoom(({ snapshot }) => snapshot?.participants);
  const ownId = useRoom(({ you }) => you?.participant_id ?? "");
  const names = typingNames(typing, participants ?? [], ownId);
  let text = "";
  if (names.length > MOST_NAMES) text = t("chat.typingMany");
  else if (names.length > 0) {
    text = t("chat.typing", { count: names.length, names: listNames(names, i18n.language) });
  }
  return <p className={classes.line}>{text}</p>;
}
