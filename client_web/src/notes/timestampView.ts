/** How a moment is drawn: a small button with minutes and seconds. */

import type { NodeViewRenderer } from "@tiptap/core";
import classes from "./NotesText.module.css";
import { readMoment, timestampText } from "./timestamp";

export interface MomentTexts {
  /** What a click does, of the minutes and seconds. */
  go(time: string): string;
  language: string;
}

export function createTimestampView(
  texts: MomentTexts,
  onGo: (meetingId: string, at: number) => void,
): NodeViewRenderer {
  return ({ node, editor }) => {
    const button = document.createElement("button");
    const time = timestampText(node.attrs);
    const moment = readMoment(node.attrs);
    button.type = "button";
    button.className = classes.timestamp ?? "";
    button.textContent = time;
    button.disabled = moment === null;
    if (editor.isEditable) button.tabIndex = -1;
    if (moment !== null) {
      button.ariaLabel = texts.go(time);
      button.title = new Date(moment.at).toLocaleString(texts.language, {
        dateStyle: "full",
        timeStyle: "short",
      });
      button.addEventListener("click", () => onGo(moment.meetingId, moment.at));
    }
    return { dom: button, stopEvent: (event) => event.type === "click", ignoreMutation: () => true };
  };
}
