/** What somebody is writing and has not sent: kept over reconnects and reloads of the tab. */

import type { Memory } from "../shared/storage";

export class Draft {
  readonly #memory: Memory;
  readonly #key: string;

  constructor(memory: Memory, slug: string) {
    this.#memory = memory;
    this.#key = `draft.${slug}`;
  }

  read(): string {
    const text = this.#memory.recall(this.#key);
    return typeof text === "string" ? text : "";
  }

  write(text: string): void {
    if (text === "") this.#memory.forget(this.#key);
    else this.#memory.remember(this.#key, text);
  }
}
