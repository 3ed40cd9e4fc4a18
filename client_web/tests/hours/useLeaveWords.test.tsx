import { expect, it } from "vitest";
import { PairFacts } from "../../src/hours/PairCard";
import { hoursEn } from "../../src/i18n/hoursEn";
import type { PairStatus } from "../../src/protocol/generated";
import { MAYA, pair } from "../support/hours";
import { markupOf, wordsIn } from "../support/words";

const GREG = { person_id: "u_greg", name: "Greg" };
const said = (change: Partial<PairStatus>, ownId: string) =>
  wordsIn(markupOf(<PairFacts pair={pair(change)} today="2026-11-23" ownId={ownId} />, hoursEn), "leave");

it("says of a pair on leave who stands in, or that its clocks stand still", () => {
  expect(said({}, MAYA.person_id)).toEqual([]);
  expect(said({ is_on_leave: true }, MAYA.person_id)).toEqual(["On leave just now. Its clocks stand still."]);
  const isInstead = { is_on_leave: true, substitute: GREG };
  expect(said(isInstead, MAYA.person_id)).toEqual(["Greg stands in for Ruth just now."]);
  expect(said(isInstead, GREG.person_id)).toEqual(["You stand in for Ruth just now."]);
});
