import { expect, it } from "vitest";
import { FEW_PAIRS, otherIn, sortPairs } from "../../src/hours/readHours";
import { reasonOf } from "../../src/hours/reasons";
import { MAYA, pair, RUTH } from "../support/hours";

it("takes many mentees together, and leaves one's own mentor beside them", () => {
  const mentees = Array.from({ length: FEW_PAIRS + 1 }, (_, index) => pair({ pair_id: `c${index}` }));
  const own = pair({ pair_id: "own", mentor: MAYA, mentee: RUTH });
  expect(sortPairs([own, ...mentees], RUTH.person_id)).toEqual({ few: [own], caseload: mentees });
  const some = mentees.slice(1);
  expect(sortPairs([own, ...some], RUTH.person_id)).toEqual({ few: [own, ...some], caseload: [] });
});

it("names the other one, who may be a substitute", () => {
  expect(otherIn(pair(), RUTH.person_id)).toBe("Maya");
  expect(otherIn(pair(), MAYA.person_id)).toBe("Ruth");
  const away = pair({ is_on_leave: true, substitute: { person_id: "u_greg", name: "Greg" } });
  expect(otherIn(away, MAYA.person_id)).toBe("Greg");
  expect(otherIn(away, "u_greg")).toBe("Maya");
});

it("tells apart what makes a difference to people", () => {
  expect(reasonOf("entry_changed")).toBe("changed");
  expect(reasonOf("bad_request")).toBe("refused");
  expect(reasonOf("not_signed_in")).toBe("signedOut");
  expect(reasonOf("unreachable")).toBe("other");
});
