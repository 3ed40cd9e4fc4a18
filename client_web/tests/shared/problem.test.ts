import { expect, it } from "vitest";
import { asProblem, Problem, problemOf } from "../../src/shared/problem";

it.each([
  ["not_signed_in", "sign_in"],
  ["version_mismatch", "version"],
  ["forbidden", "permission"],
  ["not_found", "request"],
  ["too_many", "passing"],
] as const)("knows what to do about %s", (code, category) => {
  expect(problemOf(code)).toMatchObject({ code, category });
});

it.each(["a_code_of_tomorrow", "constructor", ""])(
  "takes the unknown code %j for the server's fault",
  (code) => {
    expect(problemOf(code).code).toBe("internal_error");
  },
);

it("leaves a problem as it is, and makes one of anything else", () => {
  const problem = new Problem("forbidden");
  expect(asProblem(problem)).toBe(problem);
  expect(asProblem(new TypeError("x")).code).toBe("internal_error");
  expect(asProblem("x").code).toBe("internal_error");
});
