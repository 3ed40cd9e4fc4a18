/** The people whom what follows an "@" could mean. The focus stays in the text; keys arrive by mentioning.ts. */

import type { Editor } from "@tiptap/core";
import { useEffect, useId } from "react";
import { useTranslation } from "react-i18next";
import { Avatar } from "../shared/Avatar";
import classes from "./MentionList.module.css";
import { mention } from "./mentioning";
import { Popover } from "./Popover";
import type { Popup } from "./popups";
import { rectAt } from "./rectAt";

interface MentionListProps {
  editor: Editor;
  popup: Extract<Popup, { kind: "mention" }>;
}

export function MentionList({ editor, popup }: MentionListProps) {
  const { t } = useTranslation();
  const id = useId();
  const chosenId = `${id}-${popup.chosen}`;

  useEffect(() => {
    const { dom } = editor.view;
    dom.setAttribute("aria-autocomplete", "list");
    dom.setAttribute("aria-controls", id);
    dom.setAttribute("aria-activedescendant", chosenId);
    document.getElementById(chosenId)?.scrollIntoView({ block: "nearest" });
    return () => {
      for (const name of ["aria-autocomplete", "aria-controls", "aria-activedescendant"])
        dom.removeAttribute(name);
    };
  }, [editor, id, chosenId]);

  return (
    <Popover anchor={() => rectAt(editor, popup.query.from)}>
      <div id={id} role="listbox" aria-label={t("notes.mention.people")} className={classes.list}>
        {popup.found.map((person, index) => (
          // biome-ignore lint/a11y/useFocusableInteractive: the focus stays in the text
          // biome-ignore lint/a11y/useKeyWithClickEvents: keys arrive from the text
          <div
            key={person.personId}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === popup.chosen}
            className={classes.option}
            data-absent={!person.isHere || undefined}
            // Else the text would lose the focus, and a phone its keyboard.
            onPointerDown={(event) => event.preventDefault()}
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => mention(editor, popup.query, person)}
          >
            <span className={classes.face}>
              <Avatar name={person.name} personId={person.personId} />
            </span>
            <span className={classes.name}>{person.name}</span>
            {!person.isHere && <span className={classes.absent}>{t("notes.mention.absent")}</span>}
          </div>
        ))}
      </div>
    </Popover>
  );
}
