/** Asks before what several people have drawn goes away for everybody. */

import { Button } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Dialog } from "../shared/Dialog";
import classes from "./ClearQuestion.module.css";
import type { Contributions } from "./contributors";

interface ClearQuestionProps {
  /** Null while nothing is asked. */
  about: Contributions | null;
  onClear(): void;
  onKeep(): void;
}

export function ClearQuestion({ about, onClear, onKeep }: ClearQuestionProps) {
  const { t } = useTranslation();
  const things = t("board.clearing.things", { count: about?.things ?? 0 });
  const people = about?.people ?? null;
  return (
    <Dialog title={t("board.clearing.title")} isOpen={about !== null} onClose={onKeep}>
      <p className={classes.text}>
        {people === null
          ? t("board.clearing.text", { things })
          : t("board.clearing.textOf", { things, people: t("board.clearing.people", { count: people }) })}
      </p>
      <div className={classes.choices}>
        <Button variant="default" onClick={onKeep}>
          {t("board.clearing.keep")}
        </Button>
        <Button onClick={onClear}>{t("board.clearing.clear")}</Button>
      </div>
    </Dialog>
  );
}
