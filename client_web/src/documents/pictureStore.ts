/** The pictures on a room's boards, kept by the server under what is in them. */

import { send } from "../connection/http";

/** Fits the board's `PictureStore`. Its methods throw `Problem`. */
export function createPictureStore(slug: string) {
  const path = `/api/rooms/${encodeURIComponent(slug)}/pictures`;
  return {
    async loadFile(fileId: string): Promise<{ blob: Blob }> {
      const response = await send("GET", `${path}/${encodeURIComponent(fileId)}`);
      return { blob: await response.blob() };
    },
    async saveFile(file: File): Promise<string> {
      const response = await send("POST", path, undefined, file);
      const { picture_id } = (await response.json()) as { picture_id: string };
      return picture_id;
    },
  };
}
