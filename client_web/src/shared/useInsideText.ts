/** Says in words who is in a room, oneself apart. */

import { useTranslation } from "react-i18next";
import type { Inside } from "../protocol/generated";
import { listNames, namesAndRest } from "./insideText";

export function useInsideText(inside: readonly Inside[], ownId: string): string {
  const { t, i18n } = useTranslation();
  const others = inside.filter((person) => person.person_id !== ownId);
  const { said, rest } = namesAndRest(others.map((person) => person.name));
  const names = listNames(said, i18n.language, rest === 0);
  if (inside.length === 0) return t("door.nobody");
  if (others.length === 0) return t("door.onlyYou");
  return rest > 0
    ? t("door.namesMore", { names, count: rest })
    : t("door.names", { names, count: said.length });
}
