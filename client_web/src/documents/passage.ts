/** Read answers that may be too long for one message. */

import type { Requester } from "../connection/requester";
import type { Passage } from "../protocol/generated";

/** Return all of a passage. Throws `Problem`, and `TypeError` when it is not compressed as it should be. */
export async function readPassage(requests: Requester, passage: Passage): Promise<Uint8Array> {
  const parts = [passage.data];
  let offset = passage.data.length;
  while (offset < passage.size) {
    const { data } = await requests.request("document_more", { passage_id: passage.passage_id, offset });
    if (data.length === 0) throw new TypeError("a passage ends too early");
    parts.push(data);
    offset += data.length;
  }
  return decompress(parts);
}

async function decompress(parts: Uint8Array[]): Promise<Uint8Array> {
  // "deflate" is zlib's format here (RFC 1950).
  const stream = new Blob(parts as BlobPart[]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
