/** In place of image-blob-reduce: Excalidraw has pictures made smaller that are too large for a board. */

import { shrinkPicture } from "../shrinkPicture";

/** Of the library's interface what Excalidraw uses. */
export default function createReducer() {
  return { toBlob: (file: Blob, { max }: { max: number }) => shrinkPicture(file, max) };
}
