/** Whose words have which colour. */

import { useTranslation } from "react-i18next";
import classes from "./AuthorList.module.css";
import type { Author } from "./whoWrote";

interface AuthorListProps {
  seen: readonly Author[];
  colourOf(personId: string): number;
  hasFailed: boolean;
}

export function AuthorList({ seen, colourOf, hasFailed }: AuthorListProps) {
  const { t } = useTranslation();
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
        <li key={personId} data-colour={colourOf(personId)}>
          {name}
        </li>
      ))}
      {seen.length === 0 && <li>{t("notes.authors.nobody")}</li>}
    </ul>
  );
}
