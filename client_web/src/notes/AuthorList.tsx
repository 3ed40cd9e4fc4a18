/** Whose words have which colour. */

import { useContext } from "react";
import { useTranslation } from "react-i18next";
import { colourOf } from "../shared/initials";
import { PaletteContext } from "../shared/palette";
import classes from "./AuthorList.module.css";
import type { Author } from "./whoWrote";

interface AuthorListProps {
  seen: readonly Author[];
  hasFailed: boolean;
}

export function AuthorList({ seen, hasFailed }: AuthorListProps) {
  const { t } = useTranslation();
  const palette = useContext(PaletteContext);
  if (hasFailed) {
    return (
      <p role="alert" className={classes.failed}>
        {t("notes.authors.failed")}
      </p>
    );
  }
  return (
    <ul className={classes.list} aria-label={t("notes.authors.title")}>
      {seen.map(({ personId, name }) => (
        <li key={personId} data-colour={palette?.of(personId) ?? colourOf(personId)}>
          {name}
        </li>
      ))}
      {seen.length === 0 && <li>{t("notes.authors.nobody")}</li>}
    </ul>
  );
}
