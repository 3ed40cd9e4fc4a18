/** The few things that are asked over plain HTTP: who one is, what a room looks like from the door, signing out. */

import type { Failure, RoomPreview, SignedIn } from "../protocol/generated";
import { Problem, problemOf } from "../shared/problem";

/** Throws `Problem`: `not_signed_in`, or `unreachable`. */
export const fetchSession = (signal?: AbortSignal): Promise<SignedIn> => call("GET", "/api/session", signal);

/** Throws `Problem`: `not_signed_in`, `not_found`, or `unreachable`. */
export const fetchPreview = (slug: string, signal?: AbortSignal): Promise<RoomPreview> =>
  call("GET", `/api/rooms/${encodeURIComponent(slug)}`, signal);

/** Sign this browser out; its other pages are taken out of their rooms. Throws `Problem`: `unreachable`. */
export const signOut = (): Promise<void> => call("DELETE", "/api/session");

/** Ask, and read the JSON of the answer. Throws `Problem`. */
export async function call<T>(
  method: string,
  path: string,
  signal?: AbortSignal,
  body?: BodyInit,
): Promise<T> {
  const response = await send(method, path, signal, body);
  return response.status === 204 ? (undefined as T) : ((await response.json()) as T);
}

/** Ask; the answer is one of success. Throws `Problem`. */
export async function send(
  method: string,
  path: string,
  signal?: AbortSignal,
  body?: BodyInit,
): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      credentials: "same-origin",
      signal: signal ?? null,
      body: body ?? null,
    });
  } catch (error) {
    throw new Problem("unreachable", String(error));
  }
  if (!response.ok) throw await problemOfResponse(response);
  return response;
}

async function problemOfResponse(response: Response): Promise<Problem> {
  const body = (await response.json().catch(() => null)) as { error?: Failure } | null;
  if (body?.error) return problemOf(body.error.code, body.error.text);
  if (response.status === 401) return new Problem("not_signed_in");
  if (response.status === 404) return new Problem("not_found");
  return new Problem("unreachable", `HTTP ${response.status}`);
}
