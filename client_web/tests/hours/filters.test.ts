import { expect, it } from "vitest";
import {
  ALL_TERMS,
  ENTRY_STATES,
  logScope,
  oneOf,
  paperTerm,
  termOf,
  withWord,
} from "../../src/hours/filters";

const SPRING = { term_id: "t0", name: "Spring", first_day: "2026-01-12", last_day: "2026-05-29" };
const FALL = { term_id: "t1", name: "Fall", first_day: "2026-08-24", last_day: "2026-12-18" };
const address = (text: string) => new URLSearchParams(text);

it("believes of an address only what there is", () => {
  expect(oneOf(address("state=disputed"), "state", ENTRY_STATES)).toBe("disputed");
  expect(oneOf(address("state=toString"), "state", ENTRY_STATES)).toBeUndefined();
  expect(oneOf(address(""), "state", ENTRY_STATES)).toBeUndefined();
});

it("changes one word of an address and leaves the others", () => {
  const before = address("state=disputed&q=ana");
  expect(withWord(before, "state", "approved").toString()).toBe("state=approved&q=ana");
  expect(withWord(before, "state", "").toString()).toBe("q=ana");
  expect(withWord(before, "state", undefined).toString()).toBe("q=ana");
  expect(before.toString()).toBe("state=disputed&q=ana");
});

it("looks at the present term, unless the address says another one or all days", () => {
  const term = (text: string) => termOf(address(text), [SPRING, FALL], FALL);
  expect(term("")).toBe(FALL);
  expect(term("term=t0")).toBe(SPRING);
  expect(term("term=gone")).toBe(FALL);
  expect(term(`term=${ALL_TERMS}`)).toBeNull();
  expect(termOf(address(""), [SPRING], null)).toBeNull();
});

it("shows the log of all of one's own pairs, or of one of them, and nobody else's", () => {
  const words = (text: string) => new URLSearchParams(text);
  expect(logScope(words(""), ["p1", "p2"], "u_me")).toEqual({ pairId: undefined, personId: "u_me" });
  expect(logScope(words("pair=p2"), ["p1", "p2"], "u_me")).toEqual({ pairId: "p2", personId: undefined });
  expect(logScope(words("pair=other"), ["p1", "p2"], "u_me")).toEqual({
    pairId: undefined,
    personId: "u_me",
  });
  // There may have been others before.
  expect(logScope(words(""), ["p1"], "u_me")).toEqual({ pairId: undefined, personId: "u_me" });
});

it("prints the term that is looked at, and else the present or the last one", () => {
  const term = (text: string, present: typeof FALL | null = FALL, today = "2026-11-23") =>
    paperTerm(address(text), [SPRING, FALL], present, today);
  expect(term("term=t0")).toBe(SPRING);
  expect(term("")).toBe(FALL);
  expect(term(`term=${ALL_TERMS}`)).toBe(FALL);
  expect(term("", null, "2026-07-01")).toBe(SPRING);
  expect(term("", null, "2026-01-11")).toBeNull();
});
