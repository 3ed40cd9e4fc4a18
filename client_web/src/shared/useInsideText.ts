/** Says in words who is in a room. */

import { useTranslation } from "react-i18next";
import type { Inside } from "../protocol/generated";
import { listNames, namesAndRest } from "./insideText";

export function useInsideText(inside: readonly Inside[]): string {
  const { t, i18n } = useTranslation();
  const { said, rest } = namesAndRest(inside.map((person) => person.name));
  const names = listNames(said, i18n.language, rest === 0);
  if (inside.length === 0) return t("door.nobody");
  return rest > 0
    ? t("door.namesMore", { names, count: rest })
    : t("door.names", { names, count: said.length });
}
