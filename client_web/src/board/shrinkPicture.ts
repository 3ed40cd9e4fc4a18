/** Makes a picture smaller, and of a type that boards take, by the browser's own means. */

import { PICTURE_TYPES } from "../protocol/generated";

/** With holes where there are some, and small; a browser that cannot write it writes PNG instead. */
const COMMON = "image/webp";

/** Return `picture` with no side longer than `most` pixels; itself when it is small enough, and of a type, already. */
export async function shrinkPicture(picture: Blob, most: number): Promise<Blob> {
  const bitmap = await createImageBitmap(picture);
  const scale = Math.min(1, most / Math.max(bitmap.width, bitmap.height));
  const isTaken = PICTURE_TYPES.includes(picture.type);
  if (scale === 1 && isTaken) {
    bitmap.close();
    return picture;
  }
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(bitmap.width * scale);
  canvas.height = Math.round(bitmap.height * scale);
  const context = canvas.getContext("2d");
  if (context === null) throw new Error("no canvas to draw on");
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  return new Promise((resolve, reject) => {
    const done = (blob: Blob | null) => (blob === null ? reject(new Error("too large")) : resolve(blob));
    canvas.toBlob(done, isTaken ? picture.type : COMMON, 0.85);
  });
}
