/**
 * Requests with acknowledgements, over a link that comes and goes.
 *
 * A request waits until the link is open, is sent, and is sent again with the same `request_id` when its answer got
 * lost; the server applies it once. It fails with a `Problem`: at once when the server says no, with `timed_out` at
 * its deadline.
 */

import { type Failure, MUTATIONS, type RequestName, type Requests } from "../protocol/generated";
import { Problem, problemOf } from "../shared/problem";
import { randomId } from "../shared/randomId";
import { backoffMs } from "./backoff";

/** What became of one sending. `lost`: the link closed, or no answer came in time. */
export type Outcome = { ok: unknown } | { error: Failure } | "lost";

export interface Link {
  /** Send once and wait for the acknowledgement, `timeoutMs` at most. Never rejects. */
  send(name: RequestName, fields: object, timeoutMs: number): Promise<Outcome>;
  /** Send without asking for an answer. */
  tell(name: RequestName, fields: object): void;
}

export type Fields<N extends RequestName> = Omit<Requests[N]["fields"], "request_id">;

export interface RequestOptions {
  /** One answer is waited for so long, then the request is sent again. */
  attemptMs?: number;
  /** All of it takes at most so long. */
  deadlineMs?: number;
  /** Given by a caller who may ask again later and wants it applied once. */
  requestId?: string;
  /** Nobody wants the answer any more. */
  signal?: AbortSignal | undefined;
}

const ATTEMPT_MS = 6_000;
const DEADLINE_MS = 45_000;

/** Answers that mean "not now": the same request will do later. */
const TRY_AGAIN: ReadonlySet<string> = new Set(["too_many", "server_stopping", "not_in_room", "unavailable"]);

export class Requester {
  readonly #link: Link;
  #isOpen = false;
  #closed: Problem | null = null;
  #waiting = new Set<() => void>();

  constructor(link: Link) {
    this.#link = link;
  }

  /** Let requests go: the connection has joined the room. */
  open(): void {
    this.#isOpen = true;
    this.#wake();
  }

  /** Hold requests back until the connection has joined again. */
  pause(): void {
    this.#isOpen = false;
  }

  /** Fail everything that waits, now and later. */
  close(problem: Problem): void {
    this.#isOpen = false;
    this.#closed = problem;
    this.#wake();
  }

  /** Ask, and return the reply. Throws `Problem`. */
  async request<N extends RequestName>(
    name: N,
    fields: Fields<N>,
    options: RequestOptions = {},
  ): Promise<Requests[N]["reply"]> {
    const deadline = performance.now() + (options.deadlineMs ?? DEADLINE_MS);
    const message = asMessage(name, fields, options.requestId);
    for (let attempt = 0; ; attempt++) {
      await this.#untilOpen(deadline, options.signal);
      const left = deadline - performance.now();
      const outcome = await this.#link.send(name, message, Math.min(options.attemptMs ?? ATTEMPT_MS, left));
      if (outcome !== "lost") {
        if ("ok" in outcome) return outcome.ok as Requests[N]["reply"];
        if (!TRY_AGAIN.has(outcome.error.code)) throw problemOf(outcome.error.code, outcome.error.text);
      }
      const pause = outcome === "lost" ? 0 : backoffMs(attempt, 500);
      if (performance.now() + pause >= deadline) {
        throw outcome === "lost" ? new Problem("timed_out", name) : problemOf(outcome.error.code);
      }
      await sleep(pause);
    }
  }

  /** Say something that matters only now: sent when the link is open, else dropped. */
  tell<N extends RequestName>(name: N, fields: Fields<N>): void {
    if (this.#isOpen) this.#link.tell(name, asMessage(name, fields));
  }

  async #untilOpen(deadline: number, signal: AbortSignal | undefined): Promise<void> {
    for (;;) {
      if (this.#closed !== null) throw this.#closed;
      if (signal?.aborted) throw new Problem("timed_out", "nobody waits for it any more");
      if (this.#isOpen) return;
      const left = deadline - performance.now();
      if (left <= 0) throw new Problem("timed_out", "no connection");
      await this.#untilWoken(left, signal);
    }
  }

  #untilWoken(atMostMs: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", wake);
        this.#waiting.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, atMostMs);
      signal?.addEventListener("abort", wake);
      this.#waiting.add(wake);
    });
  }

  #wake(): void {
    for (const wake of [...this.#waiting]) wake();
  }
}

/** Give mutations their id, and leave out what is undefined: msgpack has no such value. */
export function asMessage(name: RequestName, fields: object, requestId?: string): Record<string, unknown> {
  const message = defined(fields) as Record<string, unknown>;
  return MUTATIONS.has(name) ? { request_id: requestId ?? randomId(), ...message } : message;
}

function defined(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(defined);
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return value;
  const entries = Object.entries(value).filter(([, field]) => field !== undefined);
  return Object.fromEntries(entries.map(([key, field]) => [key, defined(field)]));
}

function sleep(ms: number): Promise<void> {
  return ms > 0 ? new Promise((resolve) => setTimeout(resolve, ms)) : Promise.resolve();
}
