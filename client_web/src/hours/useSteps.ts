/** Taking steps of entries, and how far that is. */

import { useCallback, useReducer, useRef } from "react";
import { confirmEntries, takeStep } from "../connection/hours";
import type { ConfirmedEntries, EntryStep, HoursEntry } from "../protocol/generated";
import { asProblem, type ProblemCode } from "../shared/problem";
import { type Refused, refusedOf } from "./reasons";
import { NO_STEPS, reduceSteps, type Steps } from "./steps";

export type Wish = Pick<EntryStep, "action"> & Partial<Omit<EntryStep, "action" | "number">>;

export interface Outcome {
  taken: readonly HoursEntry[];
  refused: readonly Refused[];
}

export interface StepTaker {
  steps: Steps;
  /** Return what it made of the entry; `null` where it was not taken: `steps` says why. */
  take(entry: HoursEntry, wish: Wish): Promise<HoursEntry | null>;
  /** Return those that are confirmed now, and why the others are not; nothing where nothing was asked: `steps` says why. */
  confirmAll(entries: readonly HoursEntry[]): Promise<Outcome>;
}

/** `onChanged`: what was read of the log before is older now, or turned out to be. */
export function useSteps(onChanged: () => void): StepTaker {
  const [steps, dispatch] = useReducer(reduceSteps, NO_STEPS);
  const latest = useRef(onChanged);
  latest.current = onChanged;

  const run = useCallback(
    async (entries: readonly HoursEntry[], send: () => Promise<ConfirmedEntries>): Promise<Outcome> => {
      const ids = entries.map(({ entry_id }) => entry_id);
      dispatch({ type: "sent", ids });
      try {
        const answer = await send();
        dispatch({ type: "taken", ids, ...answer });
        latest.current();
        return { taken: answer.entries, refused: refusedOf(entries, answer) };
      } catch (error) {
        const { code } = asProblem(error);
        dispatch({ type: "failed", ids, code });
        if (isStale(code)) latest.current();
        return { taken: [], refused: [] };
      }
    },
    [],
  );
  const take = useCallback(
    async (entry: HoursEntry, wish: Wish) => {
      const step: EntryStep = {
        credited_minutes: null,
        contact_type: null,
        text: "",
        ...wish,
        number: entry.number,
      };
      const { taken } = await run([entry], async () => ({
        entries: [await takeStep(entry.entry_id, step)],
        refused: [],
      }));
      return taken[0] ?? null;
    },
    [run],
  );
  const confirmAll = useCallback(
    (entries: readonly HoursEntry[]) => {
      const seen = entries.map(({ entry_id, number }) => ({ entry_id, number }));
      return run(entries, () => confirmEntries(seen));
    },
    [run],
  );
  return { steps, take, confirmAll };
}

/** Somebody else was quicker: what is shown is not what is. */
const isStale = (code: ProblemCode): boolean =>
  code === "entry_changed" || code === "forbidden" || code === "not_found";
