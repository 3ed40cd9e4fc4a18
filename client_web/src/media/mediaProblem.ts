/** Why a microphone or camera cannot be used. The words stand in the translations under `device.problem`. */

export type MediaProblem =
  | "denied" // the person, or a policy, said no to this page
  | "dismissed" // the question was closed without an answer
  | "denied_by_system" // the operating system says no to the browser
  | "not_found" // there is no such device
  | "busy" // another program has it
  | "unplugged" // it was there, and is gone
  | "insecure" // the page was not opened over https
  | "unsupported" // this browser cannot
  | "unknown";

const BY_NAME: Readonly<Record<string, MediaProblem>> = {
  NotAllowedError: "denied",
  PermissionDeniedError: "denied",
  SecurityError: "denied",
  NotFoundError: "not_found",
  DevicesNotFoundError: "not_found",
  OverconstrainedError: "not_found",
  NotReadableError: "busy",
  TrackStartError: "busy",
  AbortError: "busy",
};

/** Tell what an error of `getUserMedia` means. Chromium says only in the message who it was that refused. */
export function mediaProblemOf(error: unknown): MediaProblem {
  if (!(error instanceof Error)) return "unknown";
  const problem = Object.hasOwn(BY_NAME, error.name) ? BY_NAME[error.name] : undefined;
  if (problem !== "denied") return problem ?? "unknown";
  if (/by system/i.test(error.message)) return "denied_by_system";
  if (/dismissed/i.test(error.message)) return "dismissed";
  return "denied";
}

/** Tell why there is no `navigator.mediaDevices` at all. */
export function problemWithoutDevices(isSecureContext: boolean): MediaProblem {
  return isSecureContext ? "unsupported" : "insecure";
}
