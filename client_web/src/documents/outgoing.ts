/**
 * What was changed here and is on its way: put together for a thirtieth of a second, sent in order, a few at a time.
 *
 * When one of them fails, all that is under way is given up: what the server lacks is found out by opening the document
 * again, whatever became of each.
 */

import { mergeUpdates } from "yjs";
import type { Requester } from "../connection/requester";
import { MAX_UPDATE_BYTES } from "../protocol/generated";

const COLLECT_MS = 33;
const MOST_UNDER_WAY = 6;
/** A kept change is answered soon; a connection that says nothing for so long is looked after elsewhere. */
const DEADLINE_MS = 15_000;

export interface OutgoingHandlers {
  /** Everything has been kept, or there is something to be kept again. */
  onSaved(isSaved: boolean): void;
  /** Something has been kept. */
  onKept(): void;
  /** Something could not be kept. */
  onFailed(error: unknown): void;
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
    this.#generation++;
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
    this.#generation++;
    this.#isOpen = false;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  add(update: Uint8Array): void {
    this.#waiting.push(update);
    this.#handlers.onSaved(false);
    this.#later();
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
    void this.#send(update, this.#generation);
  }

  async #send(update: Uint8Array, generation: number): Promise<void> {
    const fields = { document_id: this.#documentId, epoch: this.#epoch };
    try {
      let rest = update;
      for (; rest.length > MAX_UPDATE_BYTES; rest = rest.subarray(MAX_UPDATE_BYTES)) {
        const part = rest.subarray(0, MAX_UPDATE_BYTES);
        await this.#ask({ ...fields, update: part, is_part: true });
        if (generation !== this.#generation) return;
      }
      await this.#ask({ ...fields, update: rest });
      if (generation === this.#generation) this.#onKept();
    } catch (error) {
      if (generation !== this.#generation) return;
      this.pause();
      this.#handlers.onFailed(error);
    }
  }

  #ask(fields: {
    document_id: string;
    epoch: number;
    update: Uint8Array;
    is_part?: boolean;
  }): Promise<unknown> {
    return this.#requests.request("document_update", fields, { deadlineMs: DEADLINE_MS });
  }

  #onKept(): void {
    this.#underWay--;
    this.#isSendingParts = false;
    this.#handlers.onKept();
    if (this.#waiting.length > 0) this.#later();
    else if (this.#underWay === 0) this.#handlers.onSaved(true);
  }
}
