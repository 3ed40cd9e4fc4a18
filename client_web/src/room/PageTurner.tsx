/** Turns the pages of a room with more people than fit on one. */

import { ActionIcon } from "@mantine/core";
import { ChevronLeft, ChevronRight } from "lucide-react";
import { useTranslation } from "react-i18next";
import classes from "./PageTurner.module.css";

interface PageTurnerProps {
  /** From 0. */
  page: number;
  count: number;
  onTurn(page: number): void;
}

export function PageTurner({ page, count, onTurn }: PageTurnerProps) {
  const { t } = useTranslation();
  if (count < 2) return null;
  return (
    <nav className={classes.pages} aria-label={t("room.pages")}>
      <ActionIcon
        size={36}
        color="dark"
        aria-label={t("room.previousPage")}
        disabled={page === 0}
        onClick={() => onTurn(page - 1)}
      >
        <ChevronLeft size={22} />
      </ActionIcon>
      <span className={classes.count} role="status">
        {t("room.page", { page: page + 1, count })}
      </span>
      <ActionIcon
        size={36}
        color="dark"
        aria-label={t("room.nextPage")}
        disabled={page === count - 1}
        onClick={() => onTurn(page + 1)}
      >
        <ChevronRight size={22} />
      </ActionIcon>
    </nav>
  );
}
