/**
 * Read answers that may be too long for one message, one after the other: the server has only so many of a connection
 * ready to be read on.
 */

import type { Requester } from "../connection/requester";
import type { Passage } from "../protocol/generated";
import { asProblem, Problem } from "../shared/problem";

/** A passage is lost with its connection, or when the server has had to make room. */
const MOST_TRIES = 3;

export class Passages {
  readonly #requests: Requester;
  #last: Promise<unknown> = Promise.resolve();

  constructor(requests: Requester) {
    this.#requests = requests;
  }

  /**
   * Ask for something when its turn has come, and read all of it. When the rest of it is lost, it is asked for again.
   * Throws `Problem`, `timed_out` when nobody wants it any more, and `TypeError` when it is not compressed as it should be.
   */
  read<T extends { update: Passage }>(
    ask: () => Promise<T>,
    signal?: AbortSignal,
  ): Promise<{ answer: T; update: Uint8Array }> {
    const reading = this.#last.then(() => this.#read(ask, signal));
    this.#last = reading.catch(() => undefined);
    return reading;
  }

  async #read<T extends { update: Passage }>(ask: () => Promise<T>, signal: AbortSignal | undefined) {
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      checkWanted(signal);
      const answer = await ask();
      const parts = await this.#partsOf(answer.update, signal);
      if (parts !== null) return { answer, update: await decompress(parts) };
    }
    throw new Problem("unavailable", "what was to be read was lost again and again");
  }

  /** Return all parts, or `null` when the rest is lost. */
  async #partsOf(passage: Passage, signal: AbortSignal | undefined): Promise<Uint8Array[] | null> {
    const parts = [passage.data];
    let offset = passage.data.length;
    while (offset < passage.size) {
      checkWanted(signal);
      const data = await this.#more(passage.passage_id, offset);
      if (data === null) return null;
      if (data.length === 0) throw new TypeError("a passage ends too early");
      parts.push(data);
      offset += data.length;
    }
    return parts;
  }

  async #more(passage_id: string, offset: number): Promise<Uint8Array | null> {
    try {
      return (await this.#requests.request("document_more", { passage_id, offset })).data;
    } catch (error) {
      if (asProblem(error).code === "not_found") return null;
      throw error;
    }
  }
}

function checkWanted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new Problem("timed_out", "nobody waits for it any more");
}

async function decompress(parts: Uint8Array[]): Promise<Uint8Array> {
  // "deflate" is zlib's format here (RFC 1950).
  const stream = new Blob(parts as BlobPart[]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
