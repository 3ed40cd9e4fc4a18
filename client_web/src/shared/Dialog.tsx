/** A window over the page, made of the browser's own dialog: focus, Escape and what lies behind are its business. */

import { ActionIcon, Title } from "@mantine/core";
import { X } from "lucide-react";
import { type ReactNode, useId, useLayoutEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import classes from "./Dialog.module.css";

interface DialogProps {
  title: string;
  isOpen: boolean;
  onClose(): void;
  children: ReactNode;
}

export function Dialog({ isOpen, ...opened }: DialogProps) {
  return isOpen ? <OpenDialog {...opened} /> : null;
}

function OpenDialog({ title, onClose, children }: Omit<DialogProps, "isOpen">) {
  const { t } = useTranslation();
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  // Only while it is still on the page does closing it give the focus back to where it was.
  useLayoutEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => element?.close();
  }, []);
  return (
    // A click on the dialog itself, not on what is in it, is a click beside it. Escape does the same by keyboard.
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape is the dialog's own
    <dialog
      ref={dialog}
      className={classes.dialog}
      aria-labelledby={titleId}
      onCancel={onClose}
      onClick={(event) => event.target === dialog.current && onClose()}
    >
      <div className={classes.content}>
        <div className={classes.head}>
          <Title order={2} size="h3" id={titleId}>
            {title}
          </Title>
          <ActionIcon size="lg" aria-label={t("page.close")} onClick={onClose}>
            <X size={20} />
          </ActionIcon>
        </div>
        {children}
      </div>
    </dialog>
  );
}
