/** What is said of a pair whose mentor is away. */

import { useTranslation } from "react-i18next";
import type { PairStatus } from "../protocol/generated";

/** Return who stands in, or that nobody does; `null`: the mentor is there. */
export function useLeaveWords({ is_on_leave, mentor, substitute }: PairStatus, ownId: string): string | null {
  const { t } = useTranslation();
  if (!is_on_leave) return null;
  if (substitute === null) return t("hours.pair.leave");
  return substitute.person_id === ownId
    ? t("hours.pair.youFor", { name: mentor.name })
    : t("hours.pair.instead", { name: substitute.name, mentor: mentor.name });
}
