/** How an entry came to be what it is, read from its steps. Pure. */

import type { LogStep, Side } from "../protocol/generated";

/**
 * Return the newest step that changed what is credited on somebody's word; `null`: it is as it was measured or entered.
 *
 * What is measured after such a step is only noted beside it.
 */
export function adjustmentOf(steps: readonly LogStep[]): LogStep | null {
  return steps.findLast(({ action }) => action === "adjusted") ?? null;
}

/** Return the first step: by whom, and with how many minutes, it began. */
export const beginningOf = (steps: readonly LogStep[]): LogStep | null => steps[0] ?? null;

/** Return what the server made of what it measured, in minutes; `null`: nothing was measured. */
export function proposedMinutes(steps: readonly LogStep[]): number | null {
  const adjusted = steps.findIndex(({ action }) => action === "adjusted");
  const before = adjusted === -1 ? steps : steps.slice(0, adjusted);
  const step = before.findLast(({ action }) => action === "proposed" || action === "measured");
  return step?.credited_minutes ?? null;
}

/** Return the step that approved it; `null`: it is not. */
export function approvalOf(steps: readonly LogStep[]): LogStep | null {
  return steps.findLast(({ action }) => action === "approved") ?? null;
}

/**
 * Return the objections that stand, oldest first: each side's last one.
 *
 * One's own yes or change takes one's objection back, and a coordinator's change settles all.
 */
export function objectionsOf(steps: readonly LogStep[]): LogStep[] {
  const standing = new Map<Side, LogStep>();
  for (const step of steps) {
    if (step.action === "adjusted" && step.side === "coordinator") standing.clear();
    if (step.action === "disputed" || step.action === "adjusted" || step.action === "confirmed") {
      standing.delete(step.side);
    }
    if (step.action === "disputed") standing.set(step.side, step);
  }
  return [...standing.values()];
}
