/** Asks what a page is to be taken along as: the same for the board, for notes, and for what is kept of a meeting. */

import { Button } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import classes from "./CopyDialog.module.css";
import type { BoardCopy, NotesCopy } from "./copies";
import { Dialog } from "./Dialog";

export type AnyCopy = BoardCopy | NotesCopy;

export type Copies<C extends AnyCopy = AnyCopy> = {
  endings: readonly C[];
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

interface CopyDialogProps<C extends AnyCopy> {
  copies: Copies<C>;
  isOpen: boolean;
  onClose(): void;
}

export function CopyDialog<C extends AnyCopy>({ copies, isOpen, onClose }: CopyDialogProps<C>) {
  const { t } = useTranslation();
  return (
    <Dialog title={t("desk.copy.open")} isOpen={isOpen} onClose={onClose}>
      <Choices copies={copies} onDone={onClose} />
    </Dialog>
  );
}

function Choices<C extends AnyCopy>({ copies, onDone }: { copies: Copies<C>; onDone(): void }) {
  const { t } = useTranslation();
  const [busy, setBusy] = useState<C | null>(null);
  const [hasFailed, setFailed] = useState(false);
  const make = async (save: (ending: C) => Promise<void>, ending: C) => {
    setBusy(ending);
    setFailed(false);
    try {
      await save(ending);
      onDone();
    } catch {
      setFailed(true);
    } finally {
      setBusy(null);
    }
  };
  const look = { variant: "default", fullWidth: true, justify: "flex-start" } as const;
  return (
    <>
      <ul className={classes.choices}>
        {copies.endings.map((ending) => (
          <li key={ending}>
            {"save" in copies ? (
              <Button
                {...look}
                loading={busy === ending}
                disabled={busy !== null && busy !== ending}
                onClick={() => void make(copies.save, ending)}
              >
                {t(`desk.copy.${ending}`)}
              </Button>
            ) : (
              <Button {...look} component="a" href={copies.hrefOf(ending)} download onClick={onDone}>
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
    </>
  );
}
