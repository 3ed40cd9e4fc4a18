/** What one does with all of a board. */

import type { ExcalidrawImperativeAPI } from "@excalidraw/excalidraw/types";
import { ActionIcon } from "@mantine/core";
import { ListTree, Maximize, Minus, Plus, Trash2 } from "lucide-react";
import type { RefObject } from "react";
import { useTranslation } from "react-i18next";
import classes from "./BoardBar.module.css";
import { fromExcalidraw, placeOf, viewportOf } from "./editor";
import { type Viewport, wholeView, zoomed } from "./viewport";

const STEP = 1.25;

interface BoardBarProps {
  api: RefObject<ExcalidrawImperativeAPI | null>;
  isEditable: boolean;
  isOutlineOpen: boolean;
  /** Excalidraw shows its own buttons for this elsewhere. */
  hasZoom?: boolean;
  onOutline(): void;
  onClear(): void;
}

export function BoardBar({
  api,
  isEditable,
  isOutlineOpen,
  hasZoom = false,
  onOutline,
  onClear,
}: BoardBarProps) {
  const { t } = useTranslation();
  const look = (where: (seen: Viewport) => Viewport | null) => {
    const editor = api.current;
    if (editor === null) return;
    const view = where(viewportOf(editor.getAppState()));
    if (view !== null) editor.updateScene({ appState: placeOf(view) });
  };
  const fit = ({ width, height }: Viewport) =>
    wholeView(fromExcalidraw(api.current?.getSceneElements() ?? []), width, height);
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
      <ActionIcon
        size={40}
        className={classes.action}
        aria-label={t("board.zoom.fit")}
        title={t("board.zoom.fit")}
        onClick={() => look(fit)}
      >
        <Maximize size={22} />
      </ActionIcon>
      {hasZoom && (
        <>
          <ActionIcon
            size={40}
            className={classes.action}
            aria-label={t("board.zoom.out")}
            title={t("board.zoom.out")}
            onClick={() => look((seen) => zoomed(seen, 1 / STEP))}
          >
            <Minus size={22} />
          </ActionIcon>
          <ActionIcon
            size={40}
            className={classes.action}
            aria-label={t("board.zoom.in")}
            title={t("board.zoom.in")}
            onClick={() => look((seen) => zoomed(seen, STEP))}
          >
            <Plus size={22} />
          </ActionIcon>
        </>
      )}
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
