/** The figures that the page shows: of all that is looked at, and beside them what one chooses from. */

import { fetchProgramme } from "../../connection/hours";
import type { HoursProgramme, StandingCount } from "../../protocol/generated";
import { daysOfWeek, type Question, wordsOf } from "./view";

export interface Programme {
  question: Question;
  /** Of what is looked at. */
  shown: HoursProgramme;
  /** Of all its weeks: one of them may be looked at. */
  whole: HoursProgramme;
  /** Of all standings: one of them may be looked at. */
  standings: readonly StandingCount[];
}

/**
 * Return what reads the answer to a question.
 *
 * The same question again asks for everything anew; for another one, what is known is not asked for a second time.
 */
export function createReader(): (question: Question, signal: AbortSignal) => Promise<Programme> {
  let known = new Map<string, HoursProgramme>();
  let last: Question | null = null;
  return async (question, signal) => {
    const kept = last === question ? new Map<string, HoursProgramme>() : known;
    const asked = new Map<string, Promise<HoursProgramme>>();
    const ask = (one: Question) => {
      const words = wordsOf(one);
      const found = kept.get(words);
      const answer = asked.get(words) ?? (found ? Promise.resolve(found) : fetchProgramme(words, signal));
      asked.set(words, answer);
      return answer;
    };
    const [whole, { standings }] = await Promise.all([
      ask(question),
      ask({ ...question, standing: undefined }),
    ]);
    const { week } = question;
    const all = { from: whole.first_day, to: whole.last_day };
    const days = week === undefined ? null : daysOfWeek(week, all);
    const shown = days === null ? whole : await ask({ ...question, days });
    const answers = [...asked].map(async ([words, answer]) => [words, await answer] as const);
    known = new Map(await Promise.all(answers));
    last = question;
    return { question, shown, whole, standings };
  };
}
