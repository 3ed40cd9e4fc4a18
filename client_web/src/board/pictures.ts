/** The pictures of a board: fetched when one is to be shown, kept elsewhere when one is put there. */

import type { BinaryFileData, DataURL } from "@excalidraw/excalidraw/types";
import { PICTURE_TYPES } from "../protocol/generated";
import { shrinkPicture } from "./shrinkPicture";

export interface PictureStore {
  loadFile(fileId: string): Promise<{ blob: Blob }>;
  /** Keep a picture. Return the id that it is known by from now on. */
  saveFile(file: File): Promise<string>;
}

/** What browsers draw of themselves, and what cannot hold a script. What the server does not take is made anew. */
const DRAWN = [...PICTURE_TYPES, "image/avif"];
/** The longest side of a picture that is kept. Pixels. */
const LONGEST = 2_400;
const RETRY_MS = 3_000;
const MOST_TRIES = 4;

export class Pictures {
  readonly #store: PictureStore;
  readonly #show: (picture: BinaryFileData) => void;
  readonly #asked = new Set<string>();
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();

  constructor(store: PictureStore, show: (picture: BinaryFileData) => void) {
    this.#store = store;
    this.#show = show;
  }

  /** Show a picture as soon as it is there. */
  want(fileId: string): void {
    if (this.#asked.has(fileId)) return;
    this.#asked.add(fileId);
    void this.#load(fileId, 1);
  }

  /** Keep a picture that one puts on the board. */
  async keep(file: File): Promise<string> {
    if (!DRAWN.includes(file.type)) throw new Error(`not a picture that everybody can see: ${file.type}`);
    const small = await shrinkPicture(file, LONGEST);
    const fileId = await this.#store.saveFile(new File([small], file.name, { type: small.type }));
    this.#asked.add(fileId);
    return fileId;
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }

  async #load(fileId: string, attempt: number): Promise<void> {
    try {
      const { blob } = await this.#store.loadFile(fileId);
      if (!PICTURE_TYPES.includes(blob.type)) return;
      this.#show({
        id: fileId as BinaryFileData["id"],
        mimeType: blob.type as BinaryFileData["mimeType"],
        dataURL: await dataUrl(blob),
        created: Date.now(),
      });
    } catch {
      // It may not have arrived yet, or the line is down: an empty frame stands in its place meanwhile.
      if (attempt < MOST_TRIES) this.#retry(fileId, attempt + 1);
    }
  }

  #retry(fileId: string, attempt: number): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      void this.#load(fileId, attempt);
    }, RETRY_MS * attempt);
    this.#timers.add(timer);
  }
}

function dataUrl(blob: Blob): Promise<DataURL> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result as DataURL);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
}
