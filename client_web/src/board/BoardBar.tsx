/** What one does with all of a board. */

import { ActionIcon } from "@mantine/core";
import { ListTree, Trash2 } from "lucide-react";
import { useTranslation } from "react-i18next";
import classes from "./BoardBar.module.css";

interface BoardBarProps {
  isEditable: boolean;
  isOutlineOpen: boolean;
  onOutline(): void;
  onClear(): void;
}

export function BoardBar({ isEditable, isOutlineOpen, onOutline, onClear }: BoardBarProps) {
  const { t } = useTranslation();
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset belongs to a form
    <div className={classes.bar} role="group" aria-label={t("board.title")}>
      <ActionIcon
        size={40}
        className={classes.action}
        aria-label={t("board.outline.show")}
        title={t("board.outline.show")}
        aria-pressed={isOutlineOpen}
        onClick={onOutline}
      >
        <ListTree size={22} />
      </ActionIcon>
      {isEditable && (
        <ActionIcon
          size={40}
          className={classes.action}
          aria-label={t("board.clear")}
          title={t("board.clear")}
          onClick={onClear}
        >
          <Trash2 size={22} />
        </ActionIcon>
      )}
    </div>
  );
}
