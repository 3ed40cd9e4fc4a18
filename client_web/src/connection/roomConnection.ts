/**
 * This page's connection to one room: opened on pre-join, joined on Join, and brought back whenever it is lost.
 *
 * It hands what it hears to its handlers in the order of the room's events, and knows nothing of what they do with it.
 */

import {
  type Failure,
  type Joined,
  type Notice,
  PROTOCOL_VERSION,
  type RoomEvent,
} from "../protocol/generated";
import { Problem, problemOf } from "../shared/problem";
import { randomId } from "../shared/randomId";
import { backoffMs } from "./backoff";
import { asMessage, type Link, type Outcome, Requester } from "./requester";
import type { RoomSocket, SocketFactory } from "./socket";

export type ConnectionState =
  /** On the way in. `problem`: why the last try failed. */
  | { kind: "connecting"; problem: Problem | null }
  | { kind: "connected" }
  /** Lost, and being brought back. `isServerStopping`: the server said that it restarts. */
  | { kind: "reconnecting"; isServerStopping: boolean }
  /** The browser says that there is no network. */
  | { kind: "offline" }
  /** Given up, for a reason that trying again does not mend, or closed on purpose (`problem` is null). */
  | { kind: "closed"; problem: Problem | null };

export interface ConnectionHandlers {
  onState(state: ConnectionState): void;
  /** Inside, for the first time or again. */
  onJoined(joined: Joined): void;
  /** Like `onJoined`, throws when something is missing; the connection then comes back for it. */
  onRoomEvent(event: RoomEvent): void;
  onNotice(notice: Notice): void;
  /** What has been seen of the meeting, so that only the rest needs to be told. */
  resumePoint(): { meeting_id: string; last_seq: number } | null;
}

export interface RoomConnectionOptions {
  slug: string;
  createSocket: SocketFactory;
  handlers: ConnectionHandlers;
  isOnline?: () => boolean;
}

const JOIN_TIMEOUT_MS = 6_000;
const CONNECT_GUARD_MS = 15_000;
const LEAVE_TIMEOUT_MS = 1_500;
const CHECK_MS = 3_000;
const HASTY_CHECK_MS = 500;
/** Silence shorter than this says nothing about a connection. */
const SUSPICIOUS_SILENCE_MS = 2_500;
/** After "I am restarting", everybody comes at once: the first tries are spread wider. */
const RESTART_FIRST_MS = 2_000;

const NOTICES: ReadonlySet<string> = new Set([
  "chat_typing",
  "document_updated",
  "document_presence",
  "media_transport_closed",
  "media_producer_closed",
  "media_layers_wanted",
  "media_consumer_dark",
  "media_speakers",
  "notices_dropped",
  "connection_closing",
]);

export class RoomConnection {
  readonly endpointId = randomId();
  readonly requests: Requester;
  readonly #slug: string;
  readonly #socket: RoomSocket;
  readonly #handlers: ConnectionHandlers;
  readonly #isOnline: () => boolean;
  #state: ConnectionState = { kind: "connecting", problem: null };
  /** Whom to enter as; `null` while one does not want inside. */
  #wantedAs: string | null = null;
  #hasBeenInside = false;
  #attempt = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Names the present connection; answers to an earlier one count no more. */
  #generation = 0;
  /** Events that arrived between `room_join` and its answer. */
  #early: RoomEvent[] | null = null;
  /** Counts what was received, to tell a slow server from a dead connection. */
  #heard = 0;

  constructor({ slug, createSocket, handlers, isOnline = () => navigator.onLine }: RoomConnectionOptions) {
    this.#slug = slug;
    this.#handlers = handlers;
    this.#isOnline = isOnline;
    this.#socket = createSocket({
      onConnect: () => this.#onConnect(),
      onRefused: (code, text) => this.#onRefused(code, text),
      onDisconnect: () => this.#onDisconnect(),
      onEvent: (name, argument) => this.#onEvent(name, argument),
    });
    this.requests = new Requester(this.#createLink());
  }

  /** Open the connection, without entering the room yet. */
  open(): void {
    if (this.#generation === 0) this.#connect();
  }

  /** Enter the room as soon as the connection allows, and again after every loss; never as anybody but this person. */
  join(personId: string): void {
    if (this.#isClosed || this.#wantedAs !== null) return;
    this.#wantedAs = personId;
    if (this.#socket.isConnected) void this.#enter();
  }

  /** Tell the room good-bye and close. Resolves when the server has heard it, or will not. */
  async leave(): Promise<void> {
    if (this.#isClosed) return;
    const isInside = this.#wantedAs !== null && this.#socket.isConnected;
    this.#end(null);
    if (!isInside) return this.#socket.disconnect();
    // Not before the server has heard it, else it takes the connection for lost.
    await this.#send("room_leave", asMessage("room_leave", {}), LEAVE_TIMEOUT_MS);
    this.#socket.disconnect();
  }

  /** Close without a word: the page is going, or there is nothing to come back for. */
  close(problem: Problem | null = null): void {
    if (!this.#isClosed) this.#close(problem);
  }

  /** Try at once: the network is back, or somebody looks at the page again. */
  retryNow(): void {
    if (this.#isClosed || this.#socket.isConnected) return;
    this.#attempt = 0;
    this.#connect();
  }

  /** Find out whether a connection that seems open still is: the page was asleep, or the network has changed. */
  check(): void {
    if (!this.#socket.isConnected) this.retryNow();
    else if (this.#hasBeenInside) void this.#sendOrDrop("chat_typing", { is_typing: false }, CHECK_MS);
  }

  /** As `check`, but in haste: there is reason to believe that the network is another now. */
  async checkAtOnce(): Promise<void> {
    if (!this.#hasBeenInside || !this.#socket.isConnected) return this.retryNow();
    const generation = this.#generation;
    const heard = this.#heard;
    await this.#send("chat_typing", { is_typing: false }, HASTY_CHECK_MS);
    if (generation !== this.#generation || heard !== this.#heard) return;
    this.#socket.disconnect();
    this.retryNow();
  }

  /** The browser has lost its network. What seems open is not. */
  onOffline(): void {
    if (this.#isClosed) return;
    this.#socket.disconnect();
    this.#setState({ kind: "offline" });
  }

  get #isClosed(): boolean {
    return this.#state.kind === "closed";
  }

  #connect(): void {
    clearTimeout(this.#timer);
    this.#generation++;
    // An attempt under way would make connect() a no-op.
    this.#socket.disconnect();
    this.#timer = setTimeout(() => this.#onRefused(null, "no answer"), CONNECT_GUARD_MS);
    this.#socket.connect();
  }

  #onConnect(): void {
    clearTimeout(this.#timer);
    this.#generation++;
    if (this.#wantedAs !== null) void this.#enter();
    else {
      this.#attempt = 0;
      this.#setState({ kind: "connected" });
    }
  }

  #onRefused(code: string | null, text: string): void {
    if (this.#isClosed) return;
    if (code !== null) {
      const problem = problemOf(code, text);
      if (problem.category !== "passing") return this.#close(problem);
      return this.#comeBack(problem);
    }
    this.#comeBack(new Problem("unreachable", text));
  }

  #onDisconnect(): void {
    this.requests.pause();
    this.#early = null;
    if (!this.#isClosed) this.#comeBack();
  }

  /** Try again after a while, `leastMs` at least: the server has said that it would be of no use before. */
  #comeBack(problem: Problem | null = null, leastMs = 0): void {
    clearTimeout(this.#timer);
    this.#generation++;
    const isServerStopping = this.#state.kind === "reconnecting" && this.#state.isServerStopping;
    if (!this.#isOnline()) this.#setState({ kind: "offline" });
    else if (this.#hasBeenInside) this.#setState({ kind: "reconnecting", isServerStopping });
    else this.#setState({ kind: "connecting", problem });
    const wait = backoffMs(this.#attempt++, isServerStopping ? RESTART_FIRST_MS : undefined);
    this.#timer = setTimeout(() => this.#connect(), leastMs + wait);
  }

  async #enter(): Promise<void> {
    const generation = this.#generation;
    this.#early = [];
    const fields = asMessage("room_join", {
      protocol_version: PROTOCOL_VERSION,
      slug: this.#slug,
      endpoint_id: this.endpointId,
      person_id: this.#wantedAs,
      ...this.#handlers.resumePoint(),
    });
    const outcome = await this.#send("room_join", fields, JOIN_TIMEOUT_MS);
    if (generation !== this.#generation || this.#isClosed) return;
    if (outcome === "lost") return this.#socket.disconnect();
    if ("error" in outcome) return this.#onNotEntered(outcome.error);
    this.#onEntered(outcome.ok as Joined);
  }

  #onNotEntered({ code, text, retry_after_s }: Failure): void {
    const problem = problemOf(code, text);
    if (problem.category !== "passing") return this.#close(problem);
    this.#socket.disconnect();
    this.#comeBack(problem, (retry_after_s ?? 0) * 1_000);
  }

  #onEntered(joined: Joined): void {
    const generation = this.#generation;
    const early = this.#early ?? [];
    this.#early = null;
    this.#hasBeenInside = true;
    this.#attempt = 0;
    this.#deliver(() => this.#handlers.onJoined(joined));
    for (const event of early) this.#deliver(() => this.#handlers.onRoomEvent(event));
    if (generation !== this.#generation) return;
    this.#setState({ kind: "connected" });
    this.requests.open();
  }

  #onEvent(name: string, argument: unknown): void {
    this.#heard++;
    if (this.#isClosed || typeof argument !== "object" || argument === null) return;
    if (name === "connection_closing") this.#onClosing(argument as Notice);
    if (NOTICES.has(name)) this.#handlers.onNotice(argument as Notice);
    else if (this.#early !== null) this.#early.push(argument as RoomEvent);
    else this.#deliver(() => this.#handlers.onRoomEvent(argument as RoomEvent));
  }

  /** Hand something over. When it does not fit what is known, the room is entered again for what is missing. */
  #deliver(hand: () => void): void {
    try {
      hand();
    } catch {
      this.#socket.disconnect();
    }
  }

  #onClosing(notice: Notice): void {
    if (notice.type !== "connection_closing") return;
    if (!notice.should_reconnect) return this.#close(problemOf(notice.code, notice.text));
    this.#setState({ kind: "reconnecting", isServerStopping: notice.code === "server_stopping" });
  }

  #close(problem: Problem | null): void {
    this.#end(problem);
    this.#socket.disconnect();
  }

  #end(problem: Problem | null): void {
    clearTimeout(this.#timer);
    this.#generation++;
    this.#setState({ kind: "closed", problem });
    this.requests.close(problem ?? new Problem("timed_out", "left"));
  }

  #setState(state: ConnectionState): void {
    this.#state = state;
    this.#handlers.onState(state);
  }

  #createLink(): Link {
    return {
      send: (name, fields, timeoutMs) => this.#sendOrDrop(name, fields, timeoutMs),
      tell: (name, fields) => this.#socket.tell(name, fields),
    };
  }

  /** Send; when nothing at all comes back, the connection is dead and does not know it: drop it. */
  async #sendOrDrop(name: string, fields: object, timeoutMs: number): Promise<Outcome> {
    const generation = this.#generation;
    const heard = this.#heard;
    const outcome = await this.#send(name, fields, timeoutMs);
    const isSilent = outcome === "lost" && heard === this.#heard && timeoutMs >= SUSPICIOUS_SILENCE_MS;
    if (isSilent && generation === this.#generation && !this.#isClosed) this.#socket.disconnect();
    return outcome;
  }

  #send(name: string, fields: object, timeoutMs: number): Promise<Outcome> {
    if (!this.#socket.isConnected) return Promise.resolve("lost");
    return new Promise((resolve) => {
      this.#socket.send(name, fields, timeoutMs, (ack) => {
        if (ack !== null) this.#heard++;
        resolve(asOutcome(ack));
      });
    });
  }
}

function asOutcome(ack: unknown): Outcome {
  if (typeof ack !== "object" || ack === null) return "lost";
  if ("ok" in ack || "error" in ack) return ack as Outcome;
  return { error: { code: "internal_error", text: "unreadable acknowledgement" } };
}
