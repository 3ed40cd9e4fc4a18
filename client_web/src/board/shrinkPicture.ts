/** Makes a picture smaller, by the browser's own means. */

/** Return `picture` with no side longer than `most` pixels; itself when it is small enough already. */
export async function shrinkPicture(picture: Blob, most: number): Promise<Blob> {
  const bitmap = await createImageBitmap(picture);
  const scale = most / Math.max(bitmap.width, bitmap.height);
  if (scale >= 1) {
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
    canvas.toBlob(done, picture.type, 0.85);
  });
}
