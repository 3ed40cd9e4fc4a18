/** What waits for the coordinator, of what is looked at. */

import { useCallback } from "react";
import { fetchEntries } from "../../connection/hours";
import { usePoll } from "../../shared/usePoll";
import { dutyQuery, type Found, NONE, readSome } from "./duties";
import { type Days, DUTIES, type Duty } from "./view";

const POLL_MS = 120_000;

export type Duties = Readonly<Record<Duty, Found>>;

/** Of whom and of when; stable while it is the same. `pairIds`: only of these pairs; `null`: of all. */
export interface Scope {
  days: Days;
  today: string;
  personId: string | undefined;
  pairIds: ReadonlySet<string> | null;
}

export function useDuties({ days, today, personId, pairIds }: Scope) {
  const { from, to } = days;
  const read = useCallback(
    async (signal: AbortSignal): Promise<Duties> => {
      const readOne = async (duty: Duty): Promise<[Duty, Found]> => {
        const query = dutyQuery(duty, { from, to }, today, personId);
        return [duty, query === null ? NONE : await readSome(fetchEntries, query, pairIds, signal)];
      };
      return Object.fromEntries(await Promise.all(DUTIES.map(readOne))) as Duties;
    },
    [from, to, today, personId, pairIds],
  );
  return usePoll(read, POLL_MS);
}
