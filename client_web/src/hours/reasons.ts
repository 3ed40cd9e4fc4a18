/** Why a step of the hours log was not taken, as far as it makes a difference to people. Pure. */

import type { ProblemCode } from "../shared/problem";

export type Reason = "changed" | "gone" | "notYours" | "refused" | "signedOut" | "other";

export function reasonOf(code: ProblemCode): Reason {
  switch (code) {
    case "entry_changed":
      return "changed";
    case "not_found":
      return "gone";
    case "forbidden":
      return "notYours";
    case "bad_request":
    case "too_large":
      return "refused";
    case "not_signed_in":
    case "link_invalid":
      return "signedOut";
    default:
      return "other";
  }
}
