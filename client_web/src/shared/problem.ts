/** What can go wrong, as code + category. The text for a person stands in the translations under `problem.CODE`. */

import type { ErrorCode } from "../protocol/generated";

export type ProblemCode = ErrorCode | "timed_out" | "unreachable" | "browser_unsupported";

/** What a page does about it. */
export type ProblemCategory =
  | "sign_in" // a new link is needed
  | "version" // reload
  | "permission" // it is not theirs to do
  | "request" // what was asked is wrong; asking again does not help
  | "passing"; // it goes away; try again

const CATEGORY: Readonly<Record<ProblemCode, ProblemCategory>> = {
  bad_request: "request",
  too_large: "request",
  too_many: "passing",
  not_signed_in: "sign_in",
  other_person: "permission",
  link_invalid: "sign_in",
  forbidden: "permission",
  not_found: "request",
  not_in_room: "passing",
  version_mismatch: "version",
  cannot_consume: "request",
  too_many_screens: "request",
  out_of_sync: "passing",
  document_full: "request",
  document_broken: "request",
  document_locked: "request",
  pictures_full: "request",
  entry_changed: "request",
  media_unavailable: "passing",
  unavailable: "passing",
  too_slow: "passing",
  server_stopping: "passing",
  internal_error: "passing",
  timed_out: "passing",
  unreachable: "passing",
  browser_unsupported: "request",
};

export class Problem extends Error {
  override readonly name = "Problem";
  readonly code: ProblemCode;
  readonly category: ProblemCategory;

  /** `detail` is for developers; people read the translation of `code`. */
  constructor(code: ProblemCode, detail = "") {
    super(detail === "" ? code : `${code}: ${detail}`);
    this.code = code;
    this.category = CATEGORY[code];
  }
}

/** Make a `Problem` of a code that came over the wire; a code of a newer server counts as an internal error. */
export function problemOf(code: string, detail = ""): Problem {
  return new Problem(Object.hasOwn(CATEGORY, code) ? (code as ProblemCode) : "internal_error", detail);
}

/** Make a `Problem` of whatever was thrown. */
export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  return new Problem("internal_error", error instanceof Error ? error.message : String(error));
}
