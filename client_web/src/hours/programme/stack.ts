/** The geometry of bars that are stacked by kind of contact. Pure. */

import type { ContactMinutes, ContactType } from "../../protocol/generated";
import { CONTACT_TYPES } from "../contacts";

export interface Piece {
  type: ContactType;
  minutes: number;
  /** Minutes below it. */
  from: number;
}

/** Return the pieces of a bar from the ground up, always in the same order, without empty ones. */
export function stackOf(contacts: readonly ContactMinutes[]): readonly Piece[] {
  let from = 0;
  const pieces: Piece[] = [];
  for (const type of CONTACT_TYPES) {
    const found = contacts.filter(({ contact_type }) => contact_type === type);
    const minutes = found.reduce((sum, { credited_minutes }) => sum + credited_minutes, 0);
    if (minutes <= 0) continue;
    pieces.push({ type, minutes, from });
    from += minutes;
  }
  return pieces;
}

/** Return whole percents that come to 100 together: what is cut off goes to those that lose most by it. */
export function percents(values: readonly number[]): readonly number[] {
  const sum = values.reduce((one, other) => one + other, 0);
  if (sum <= 0) return values.map(() => 0);
  const exact = values.map((value) => (value / sum) * 100);
  const whole = exact.map(Math.floor);
  const rest = 100 - whole.reduce((one, other) => one + other, 0);
  const byLoss = exact.map((value, index) => ({ index, loss: value - Math.floor(value) }));
  byLoss.sort((one, other) => other.loss - one.loss || one.index - other.index);
  const lucky = new Set(byLoss.slice(0, rest).map(({ index }) => index));
  return whole.map((value, index) => value + (lucky.has(index) ? 1 : 0));
}
