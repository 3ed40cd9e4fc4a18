import { expect, it } from "vitest";
import type { TimelineEntry } from "../../src/protocol/generated";
import { markedIndex } from "../../src/record/marked";

const went = (at: number): TimelineEntry => ({ type: "went", at, person_id: "p", name: "Ana" });
const noted = (at: number): TimelineEntry => ({ type: "moment", at, document_id: "d", text: "" });

it("leads to the moment itself, also when something else happened in that millisecond", () => {
  expect(markedIndex([went(10), went(20), noted(20), went(30)], 20)).toBe(2);
});

it("leads to what was last before where no moment was noted", () => {
  const timeline = [went(10), went(20), went(20), went(30)];
  expect(markedIndex(timeline, 25)).toBe(2);
  expect(markedIndex(timeline, 99)).toBe(3);
  expect(markedIndex(timeline, 5)).toBe(0);
});

it("leads nowhere where nothing happened", () => {
  expect(markedIndex([], 5)).toBe(-1);
});
