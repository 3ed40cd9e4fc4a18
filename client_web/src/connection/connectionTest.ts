/** One connection test on the server: media requests as in a room, and bytes to measure the line, over plain HTTP. */

import { type ConnectionTestOpened, MUTATIONS, type RequestName, type Requests } from "../protocol/generated";
import { randomId } from "../shared/randomId";
import { call, send } from "./http";
import type { Fields } from "./requester";

const PATH = "/api/connection-test";

export class ConnectionTest {
  readonly opened: ConnectionTestOpened;
  readonly #path: string;

  /** Begin a test. Throws `Problem`, as every method here does. */
  static async open(signal: AbortSignal): Promise<ConnectionTest> {
    return new ConnectionTest(await call<ConnectionTestOpened>("POST", PATH, signal));
  }

  private constructor(opened: ConnectionTestOpened) {
    this.opened = opened;
    this.#path = `${PATH}/${encodeURIComponent(opened.test_id)}`;
  }

  ask<N extends RequestName>(name: N, fields: Fields<N>, signal: AbortSignal): Promise<Requests[N]["reply"]> {
    const body = MUTATIONS.has(name) ? { ...fields, request_id: randomId() } : fields;
    return call("POST", `${this.#path}/${name}`, signal, JSON.stringify(body));
  }

  /** Fetch so many bytes. */
  async download(size: number, signal: AbortSignal): Promise<void> {
    const response = await send("GET", `${this.#path}/bytes?size=${size}`, signal);
    await response.arrayBuffer();
  }

  /** Send so many bytes. */
  async upload(size: number, signal: AbortSignal): Promise<void> {
    await send("POST", `${this.#path}/bytes`, signal, randomBytes(size));
  }

  /** Free what the test has used. */
  async end(): Promise<void> {
    await send("DELETE", this.#path);
  }
}

const BLOCK = 65_536;

/** Random, so that nothing on the way can make them smaller. */
function randomBytes(size: number): Blob {
  const block = crypto.getRandomValues(new Uint8Array(BLOCK));
  const parts = Array.from({ length: Math.ceil(size / BLOCK) }, () => block);
  return new Blob(parts).slice(0, size);
}
