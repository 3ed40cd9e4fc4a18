import { expect, it } from "vitest";
import { isDay, isSound, sound } from "../../src/notes/attributes";

it("knows days that there are", () => {
  for (const day of ["2026-11-22", "2028-02-29"]) expect(isDay(day), day).toBe(true);
  for (const day of ["2026-02-29", "2026-13-01", "26-01-01", "2026-1-1", "0000-00-00", "", null, 7]) {
    expect(isDay(day), String(day)).toBe(false);
  }
});

it.each([
  ["heading", "level", 3, 4],
  ["heading", "level", 1, "1"],
  ["orderedList", "start", 0, -1],
  ["taskItem", "checked", false, "false"],
  ["taskItem", "itemId", "a-1_B", 'a"]'],
  ["taskItem", "ownerName", "Zoë", ""],
  ["mention", "label", "x".repeat(200), "x".repeat(201)],
  ["timestamp", "at", 0, Number.NaN],
  ["timestamp", "openedAt", 8.64e15, 8.64e15 + 2],
  ["paragraph", "later", "anything", {}],
  ["nothing", "constructor", 1, []],
])("%s %s may be %j, not %j", (node, attribute, good, bad) => {
  expect(isSound(node, attribute, good)).toBe(true);
  expect(isSound(node, attribute, null)).toBe(true);
  expect(isSound(node, attribute, bad)).toBe(false);
  expect(sound(node, attribute, bad)).toBeNull();
  expect(sound(node, attribute, undefined)).toBeNull();
});
