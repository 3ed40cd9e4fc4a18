/** The pictures on a page of a room's board, kept by the server under what is in them. */

import { send } from "../connection/http";

/** Fits the board's `PictureStore`. Its methods throw `Problem`. */
export function createPictureStore(slug: string, boardId: string) {
  const room = `/api/rooms/${encodeURIComponent(slug)}`;
  return {
    async loadFile(fileId: string): Promise<{ blob: Blob }> {
      const response = await send("GET", `${room}/pictures/${encodeURIComponent(fileId)}`);
      return { blob: await response.blob() };
    },
    async saveFile(file: File): Promise<string> {
      const path = `${room}/boards/${encodeURIComponent(boardId)}/pictures`;
      const response = await send("POST", path, undefined, file);
      const { picture_id } = (await response.json()) as { picture_id: string };
      return picture_id;
    },
  };
}
