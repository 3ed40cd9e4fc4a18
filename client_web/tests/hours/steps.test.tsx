import { expect, it } from "vitest";
import { RefusedList } from "../../src/hours/RefusedList";
import { refusedOf } from "../../src/hours/reasons";
import { isPlain, isWaiting, NO_STEPS, newestOf, reduceSteps, type StepsAction } from "../../src/hours/steps";
import { hoursEn } from "../../src/i18n/hoursEn";
import { entry } from "../support/hours";
import { markupOf } from "../support/words";

const [A, B] = [entry({ entry_id: "a", number: 3 }), entry({ entry_id: "b", number: 4 })];
const confirmed = (one: typeof A, number: number) => ({
  ...one,
  number,
  is_confirmed_by_mentee: true,
  permitted: [],
});
const after = (...actions: StepsAction[]) => actions.reduce(reduceSteps, NO_STEPS);

it("shows what a step has made of an entry, until the list says the same or newer", () => {
  const steps = after(
    { type: "sent", ids: ["a"] },
    { type: "taken", ids: ["a"], entries: [confirmed(A, 9)] },
  );
  expect(steps.sending.size).toBe(0);
  expect(newestOf([A, B], steps).map(({ number }) => number)).toEqual([9, 4]);
  const newer = entry({ entry_id: "a", number: 12 });
  expect(newestOf([newer], steps)).toEqual([newer]);
});

it("says of which entries a step is on its way, and forgets what was wrong with the last one", () => {
  const failed = after(
    { type: "sent", ids: ["a", "b"] },
    { type: "failed", ids: ["a", "b"], code: "unavailable" },
  );
  expect([...failed.problems]).toEqual([
    ["a", "unavailable"],
    ["b", "unavailable"],
  ]);
  const again = reduceSteps(failed, { type: "sent", ids: ["a"] });
  expect([...again.sending]).toEqual(["a"]);
  expect([...again.problems.keys()]).toEqual(["b"]);
});

it("says of each of several that was not confirmed why it was not", () => {
  const refused = [
    { entry_id: "a", error: { code: "entry_changed", text: "" } },
    { entry_id: "c", error: { code: "not_found", text: "" } },
  ] as const;
  const steps = after(
    { type: "sent", ids: ["a", "b", "c"] },
    { type: "taken", ids: ["a", "b", "c"], entries: [confirmed(B, 9)], refused },
  );
  expect([...steps.problems]).toEqual([
    ["a", "entry_changed"],
    ["c", "not_found"],
  ]);
  expect(newestOf([A, B], steps).filter(isWaiting)).toEqual([A]);
});

it("names those that were refused, also where the list has them no more, in words that differ", () => {
  const refused = refusedOf([A, B], {
    entries: [],
    refused: [
      { entry_id: "a", error: { code: "not_found", text: "" } },
      { entry_id: "b", error: { code: "entry_changed", text: "" } },
      { entry_id: "elsewhere", error: { code: "forbidden", text: "" } },
    ],
  });
  const part = <RefusedList refused={refused} today="2026-11-23" ownId="u_maya" />;
  const markup = markupOf(part, hoursEn);
  expect(markup.match(/<li/g)).toHaveLength(2);
  expect(markup).toContain("28 min, Conference, with Ruth, Fri, Nov 20");
  expect(markup).toContain(hoursEn.hours.problem.gone);
  expect(markup).toContain(hoursEn.hours.problem.changed);
});

it("leaves the state before as it was", () => {
  const before = after({ type: "sent", ids: ["a"] });
  reduceSteps(before, { type: "failed", ids: ["a"], code: "forbidden" });
  expect([...before.sending]).toEqual(["a"]);
  expect(before.problems.size).toBe(0);
});

it("confirms together only what nobody has objected to", () => {
  expect(isPlain(A)).toBe(true);
  const disputed = entry({ state: "disputed" });
  expect([isWaiting(disputed), isPlain(disputed)]).toEqual([true, false]);
  expect(isPlain(entry({ permitted: ["adjusted"] }))).toBe(false);
});
