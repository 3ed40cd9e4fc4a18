/** Which contacts count for something that is required, in words. */

import { useTranslation } from "react-i18next";
import type { RequirementStatus } from "../protocol/generated";
import { minutesText } from "./durations";

export type Counted = Pick<RequirementStatus, "contact_types" | "minimum_minutes">;

/** Tell whether the same contacts count for two things. */
export const countsTheSame = (one: Counted, other: Counted): boolean =>
  one.minimum_minutes === other.minimum_minutes && `${one.contact_types}` === `${other.contact_types}`;

/** Return what counts; `null`: every contact does, and nothing is to be said of it. */
export function useCountedWords({ contact_types: types, minimum_minutes: minimum }: Counted): string | null {
  const { t, i18n } = useTranslation();
  const { language } = i18n;
  if (types?.length === 0) return t("hours.counts.nothing");
  const least = minutesText(minimum, language);
  const isAnyLength = minimum <= 1;
  if (types === null) return isAnyLength ? null : t("hours.counts.length", { least });
  const names = types.map((type) => t(`hours.contact.${type}`).toLocaleLowerCase(language));
  const kinds = new Intl.ListFormat(language, { type: "disjunction" }).format(names);
  return isAnyLength ? t("hours.counts.kinds", { kinds }) : t("hours.counts.both", { kinds, least });
}
