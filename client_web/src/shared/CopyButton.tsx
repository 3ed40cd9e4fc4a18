/** Takes a copy of a page along: the same for the board, for notes, and for what is kept of a meeting. */

import { ActionIcon, Button } from "@mantine/core";
import { Download } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import classes from "./CopyButton.module.css";
import type { BoardCopy, NotesCopy } from "./copies";
import { Dialog } from "./Dialog";

type CopyButtonProps<C extends BoardCopy | NotesCopy> = {
  endings: readonly C[];
  /** Whether the button says in words what it does. */
  isWorded?: boolean;
} & (
  | {
      /** Where the file is. */
      hrefOf(ending: C): string;
    }
  | {
      /** Makes the file on this device, and gives it to the browser. */
      save(ending: C): Promise<void>;
    }
);

export function CopyButton<C extends BoardCopy | NotesCopy>(props: CopyButtonProps<C>) {
  const { endings, isWorded } = props;
  const { t } = useTranslation();
  const [isOpen, setOpen] = useState(false);
  const [busy, setBusy] = useState<C | null>(null);
  const [hasFailed, setFailed] = useState(false);
  const open = () => {
    setFailed(false);
    setOpen(true);
  };
  const make = async (save: (ending: C) => Promise<void>, ending: C) => {
    setBusy(ending);
    setFailed(false);
    try {
      await save(ending);
      setOpen(false);
    } catch {
      setFailed(true);
    } finally {
      setBusy(null);
    }
  };
  const label = t("desk.copy.open");
  const look = { variant: "default", fullWidth: true, justify: "flex-start" } as const;
  return (
    <>
      {isWorded ? (
        <Button variant="default" leftSection={<Download size={18} aria-hidden="true" />} onClick={open}>
          {label}
        </Button>
      ) : (
        <ActionIcon size={40} color="gray" aria-label={label} title={label} onClick={open}>
          <Download size={20} />
        </ActionIcon>
      )}
      <Dialog title={label} isOpen={isOpen} onClose={() => setOpen(false)}>
        <ul className={classes.choices}>
          {endings.map((ending) => (
            <li key={ending}>
              {"save" in props ? (
                <Button
                  {...look}
                  loading={busy === ending}
                  disabled={busy !== null && busy !== ending}
                  onClick={() => void make(props.save, ending)}
                >
                  {t(`desk.copy.${ending}`)}
                </Button>
              ) : (
                <Button
                  {...look}
                  component="a"
                  href={props.hrefOf(ending)}
                  download
                  onClick={() => setOpen(false)}
                >
                  {t(`desk.copy.${ending}`)}
                </Button>
              )}
            </li>
          ))}
        </ul>
        {hasFailed && (
          <p role="alert" className={classes.failed}>
            {t("desk.copy.failed")}
          </p>
        )}
      </Dialog>
    </>
  );
}
