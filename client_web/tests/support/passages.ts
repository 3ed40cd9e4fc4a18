/** Long answers as the server keeps them ready for one connection: two at once, the latest ones. */

import { deflateSync } from "node:zlib";
import type { Outcome } from "../../src/connection/requester";
import type { Passage } from "../../src/protocol/generated";

const MOST = 2;
const PART_BYTES = 20;

export class KeptPassages {
  readonly #packed = new Map<string, Uint8Array>();
  #begun = 0;

  begin(data: Uint8Array): Passage {
    const packed = new Uint8Array(deflateSync(data));
    const passage_id = `passage_${this.#begun++}`;
    if (packed.length > PART_BYTES) this.#packed.set(passage_id, packed);
    const [oldest] = this.#packed.keys();
    if (oldest !== undefined && this.#packed.size > MOST) this.#packed.delete(oldest);
    return { passage_id, data: packed.subarray(0, PART_BYTES), size: packed.length };
  }

  more(passageId: string, offset: number): Outcome {
    const packed = this.#packed.get(passageId);
    if (packed === undefined) return { error: { code: "not_found", text: "" } };
    if (offset + PART_BYTES >= packed.length) this.#packed.delete(passageId);
    return { ok: { data: packed.subarray(offset, offset + PART_BYTES) } };
  }

  /** The connection is lost. */
  clear(): void {
    this.#packed.clear();
  }
}
