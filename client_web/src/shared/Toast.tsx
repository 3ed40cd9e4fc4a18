/** A short message at the foot of what it is about, which goes away by itself. */

import { ActionIcon, Button } from "@mantine/core";
import { X } from "lucide-react";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import classes from "./Toast.module.css";

/** Long enough to be read, understood and acted upon. */
const SHOWN_MS = 12_000;

interface ToastProps {
  text: string;
  action?: string;
  onAction?(): void;
  onDismiss(): void;
}

export function Toast({ text, action, onAction, onDismiss }: ToastProps) {
  const { t } = useTranslation();
  useEffect(() => {
    const timer = setTimeout(onDismiss, SHOWN_MS);
    return () => clearTimeout(timer);
  }, [onDismiss]);
  return (
    <div className={classes.toast}>
      <span>{text}</span>
      {action !== undefined && (
        <Button size="compact-md" variant="white" className={classes.action} onClick={onAction}>
          {action}
        </Button>
      )}
      <ActionIcon size="lg" className={classes.dismiss} aria-label={t("page.close")} onClick={onDismiss}>
        <X size={18} />
      </ActionIcon>
    </div>
  );
}
