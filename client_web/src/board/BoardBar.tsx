/** What one does with all of a board. */

import type { ExcalidrawImperativeAPI } from "@excalidraw/excalidraw/types";
import { ActionIcon, Button } from "@mantine/core";
import { Download, ListTree, Trash2 } from "lucide-react";
import { type KeyboardEvent, type RefObject, useEffect, useId, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import classes from "./BoardBar.module.css";
import { exportBoard } from "./exportBoard";
import { download, FORMATS, type Format, fileName, paperFor } from "./saving";

interface BoardBarProps {
  api: RefObject<ExcalidrawImperativeAPI | null>;
  title: string;
  isEditable: boolean;
  isOutlineOpen: boolean;
  onOutline(): void;
  onClear(): void;
  onFailed(): void;
}

export function BoardBar({
  api,
  title,
  isEditable,
  isOutlineOpen,
  onOutline,
  onClear,
  onFailed,
}: BoardBarProps) {
  const { t } = useTranslation();
  const save = async (format: Format) => {
    const editor = api.current;
    if (editor === null) return;
    const drawing = { elements: editor.getSceneElements(), files: editor.getFiles(), title };
    try {
      const blob = await exportBoard({ ...drawing, paper: paperFor(navigator.languages) }, format);
      download(blob, fileName(title, format));
    } catch {
      onFailed();
    }
  };
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
      <ExportMenu onChoose={save} />
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

/** A button that shows what a board can be saved as. Escape, a click elsewhere and a choice close it. */
function ExportMenu({ onChoose }: { onChoose(format: Format): Promise<void> }) {
  const { t } = useTranslation();
  const [isOpen, setOpen] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const frame = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const listId = useId();

  useEffect(() => {
    if (!isOpen) return;
    const onPointer = ({ target }: PointerEvent) => {
      if (target instanceof Node && !frame.current?.contains(target)) setOpen(false);
    };
    addEventListener("pointerdown", onPointer, true);
    return () => removeEventListener("pointerdown", onPointer, true);
  }, [isOpen]);

  const onKey = (event: KeyboardEvent) => {
    if (event.key !== "Escape" || !isOpen) return;
    event.stopPropagation();
    setOpen(false);
    button.current?.focus();
  };
  const choose = async (format: Format) => {
    setOpen(false);
    button.current?.focus();
    setBusy(true);
    await onChoose(format);
    setBusy(false);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Escape on either of its buttons
    <div ref={frame} className={classes.menu} onKeyDown={onKey}>
      <ActionIcon
        ref={button}
        size={40}
        className={classes.action}
        aria-label={t("board.export.button")}
        title={t("board.export.button")}
        aria-expanded={isOpen}
        aria-controls={isOpen ? listId : undefined}
        aria-busy={isBusy}
        onClick={() => setOpen(!isOpen)}
      >
        <Download size={22} />
      </ActionIcon>
      {isOpen && (
        <ul id={listId} className={classes.list}>
          {FORMATS.map((format) => (
            <li key={format}>
              <Button variant="subtle" fullWidth justify="flex-start" onClick={() => void choose(format)}>
                {t(`board.export.${format}`)}
              </Button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
