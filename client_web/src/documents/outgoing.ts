/**
 * What was changed here and is on its way: put together for a thirtieth of a second, sent in order, a few at a time.
 *
 * When one of them fails, all that is under way is given up: what the server lacks is found out by opening the document
 * again, whatever became of each.
 */

import { mergeUpdates } from "yjs";
import type { Fields, Requester, RequestOptions } from "../connection/requester";
import { MAX_UPDATE_BYTES } from "../protocol/generated";
import { piecesOf } from "./pieces";

const COLLECT_MS = 33;
const MOST_UNDER_WAY = 6;
/** A kept change is answered soon; a connection that says nothing for so long is looked after elsewhere. */
const DEADLINE_MS = 15_000;
/** One part alone takes seconds on a slow line: sent again too soon, it would take its own place there. */
const PART_TIMES = { attemptMs: 15_000, deadlineMs: 45_000 };
/** Of a change that is sent as one. What is longer than a moment's drawing the server takes in bit by bit. */
const PIECE_BYTES = 262_144;

type Part = Omit<Fields<"document_update">, "document_id" | "epoch">;

export interface OutgoingHandlers {
  /** Everything has been kept, or there is something to be kept again. */
  onSaved(isSaved: boolean): void;
  /** Something has been kept. */
  onKept(): void;
  /** Something could not be kept. `isInParts`: it was more than one message. */
  onFailed(error: unknown, isInParts: boolean): void;
}

export class Outgoing {
  readonly #documentId: string;
  readonly #requests: Requester;
  readonly #handlers: OutgoingHandlers;
  #epoch = 0;
  #waiting: Uint8Array[] = [];
  #underWay = 0;
  #isSendingParts = false;
  #isOpen = false;
  /** Of what is under way: what is given up must not be sent again later, among other parts. */
  #sending = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Counts the openings: what becomes of an update from before does not matter any more. */
  #generation = 0;

  constructor(documentId: string, requests: Requester, handlers: OutgoingHandlers) {
    this.#documentId = documentId;
    this.#requests = requests;
    this.#handlers = handlers;
  }

  /** The document is open: begin with what the server lacks. */
  open(epoch: number, missing: Uint8Array | null): void {
    this.#giveUp();
    this.#epoch = epoch;
    this.#waiting = missing === null ? [] : [missing];
    this.#underWay = 0;
    this.#isSendingParts = false;
    this.#isOpen = true;
    if (missing === null) this.#handlers.onSaved(true);
    else this.#flush();
  }

  /** Hold everything back until the document is open again. */
  pause(): void {
    this.#giveUp();
    this.#isOpen = false;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  add(update: Uint8Array): void {
    this.#waiting.push(update);
    this.#handlers.onSaved(false);
    this.#later();
  }

  #giveUp(): void {
    this.#generation++;
    this.#sending.abort();
    this.#sending = new AbortController();
  }

  #later(): void {
    if (!this.#isOpen || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#flush();
    }, COLLECT_MS);
  }

  #flush(): void {
    if (!this.#isOpen || this.#waiting.length === 0 || this.#underWay >= MOST_UNDER_WAY) return;
    const update = this.#waiting.length === 1 ? this.#waiting[0] : mergeUpdates(this.#waiting);
    if (update === undefined || this.#isSendingParts) return;
    const isLong = update.length > MAX_UPDATE_BYTES;
    // Parts stand one after the other on the connection, with nothing of this document in between.
    if (isLong && this.#underWay > 0) return;
    this.#waiting = [];
    this.#underWay++;
    this.#isSendingParts = isLong;
    void this.#send(update, isLong, this.#generation);
  }

  async #send(update: Uint8Array, isLong: boolean, generation: number): Promise<void> {
    try {
      if (isLong) await this.#sendInParts(update, generation);
      else await this.#ask({ update }, { deadlineMs: DEADLINE_MS });
      if (generation === this.#generation) this.#onKept();
    } catch (error) {
      if (generation !== this.#generation) return;
      this.pause();
      this.#handlers.onFailed(error, isLong);
    }
  }

  async #sendInParts(update: Uint8Array, generation: number): Promise<void> {
    for (const piece of piecesOf(update, PIECE_BYTES)) {
      for (let offset = 0; offset < piece.length; offset += MAX_UPDATE_BYTES) {
        const end = offset + MAX_UPDATE_BYTES;
        const part = { update: piece.subarray(offset, end), is_part: end < piece.length, offset };
        await this.#ask(part, PART_TIMES);
        if (generation !== this.#generation) return;
      }
      this.#handlers.onKept();
    }
  }

  #ask(fields: Part, times: RequestOptions): Promise<unknown> {
    const document = { document_id: this.#documentId, epoch: this.#epoch };
    const options = { ...times, signal: this.#sending.signal };
    return this.#requests.request("document_update", { ...document, ...fields }, options);
  }

  #onKept(): void {
    this.#underWay--;
    this.#isSendingParts = false;
    this.#handlers.onKept();
    if (this.#waiting.length > 0) this.#later();
    else if (this.#underWay === 0) this.#handlers.onSaved(true);
  }
}
