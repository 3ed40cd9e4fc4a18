/** How long tokens work, why one could not be made, and how their instants are written. */

import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { DEFAULT_TOKEN_DAYS, MAX_TOKEN_DAYS } from "../protocol/generated";
import type { ProblemCode } from "../shared/problem";

const DAY_MS = 86_400_000;

/** What one may choose from, up to the server's limit. */
export const TOKEN_DAYS: readonly number[] = [7, 30, DEFAULT_TOKEN_DAYS, 180, MAX_TOKEN_DAYS];

export const endsAt = (now: number, days: number): number => now + days * DAY_MS;

export type Reason = "many" | "name" | "signedOut" | "other";

/** Return why, as far as it makes a difference to people. */
export function reasonOf(code: ProblemCode): Reason {
  switch (code) {
    case "too_many":
      return "many";
    case "bad_request":
    case "too_large":
      return "name";
    case "not_signed_in":
    case "link_invalid":
      return "signedOut";
    default:
      return "other";
  }
}

/** Writes instants by the clock of this device: what a program did is no matter of the programme's days. */
export function useInstants() {
  const { language } = useTranslation().i18n;
  return useMemo(() => {
    const days = new Intl.DateTimeFormat(language, { dateStyle: "medium" });
    const instants = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });
    return { day: (at: number) => days.format(at), instant: (at: number) => instants.format(at) };
  }, [language]);
}
