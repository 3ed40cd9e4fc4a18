/** What updates consist of, and how one is written of it: the format that Yjs calls v1. */

import { type GC, type ID, type Item, type Skip, UpdateEncoderV1 } from "yjs";

export type Block = GC | Item | Skip;
/** By client, in order of their clocks. */
export type Blocks = ReadonlyMap<number, readonly Block[]>;
/** By client, the clocks and lengths of what is deleted. */
export type Deletions = ReadonlyMap<number, readonly { readonly clock: number; readonly len: number }[]>;

/** The blocks of each client must be without gaps. */
export function writeUpdate(blocks: Blocks, deletions: Deletions): Uint8Array {
  const encoder = new UpdateEncoderV1();
  encoder.writeLen(blocks.size);
  for (const [client, own] of blocks) {
    encoder.writeLen(own.length);
    encoder.writeClient(client);
    encoder.writeLen(own[0]?.id.clock ?? 0);
    for (const block of own) block.write(encoder, 0);
  }
  encoder.writeLen(deletions.size);
  for (const [client, deleted] of deletions) {
    encoder.writeClient(client);
    encoder.writeLen(deleted.length);
    for (const { clock, len } of deleted) {
      encoder.writeDsClock(clock);
      encoder.writeDsLen(len);
    }
  }
  return encoder.toUint8Array();
}

/** How many bytes a block takes in an update. */
export function sizeOf(block: Block): number {
  const encoder = new UpdateEncoderV1();
  block.write(encoder, 0);
  return encoder.toUint8Array().length;
}

/** Of what was read out of an update, a parent is a name or an id, and nothing else yet. */
export function isId(parent: unknown): parent is ID {
  return typeof parent === "object" && parent !== null && "client" in parent && "clock" in parent;
}
