/** A long change as several shorter ones, one after the other: the server takes in a bounded one at a time. */

import { decodeUpdate, Item } from "yjs";
import { type Block, isId, sizeOf, writeUpdate } from "./blocks";

/**
 * Cut an update so that each piece takes for granted only what is before it. All together are the same as the whole.
 *
 * A piece is longer than `mostBytes` where one block alone is, and the last one by what the update deletes.
 */
export function piecesOf(update: Uint8Array, mostBytes: number): Uint8Array[] {
  if (update.length <= mostBytes) return [update];
  const { structs, ds } = decodeUpdate(update);
  const pieces: Uint8Array[] = [];
  let piece = new Map<number, Block[]>();
  let bytes = 0;
  for (const block of inOrder(structs)) {
    const size = sizeOf(block);
    if (bytes > 0 && bytes + size > mostBytes) {
      pieces.push(writeUpdate(piece, new Map()));
      piece = new Map();
      bytes = 0;
    }
    const own = piece.get(block.id.client);
    if (own === undefined) piece.set(block.id.client, [block]);
    else own.push(block);
    bytes += size;
  }
  pieces.push(writeUpdate(piece, ds.clients));
  return pieces;
}

/** Yield each client's blocks in order of their clocks, and none before one of the update's that it refers to. */
function* inOrder(structs: readonly Block[]): Iterable<Block> {
  const waiting = new Map<number, Block[]>();
  for (const block of structs.toReversed()) {
    const own = waiting.get(block.id.client);
    if (own === undefined) waiting.set(block.id.client, [block]);
    else own.push(block);
  }
  const isReady = (block: Block) =>
    referencesOf(block).every(({ client, clock }) => {
      const next = waiting.get(client)?.at(-1);
      return client === block.id.client || next === undefined || clock < next.id.clock;
    });
  for (let isGoingOn = true; isGoingOn; ) {
    isGoingOn = false;
    for (const own of waiting.values())
      for (let next = own.at(-1); next !== undefined && isReady(next); next = own.at(-1)) {
        own.pop();
        isGoingOn = true;
        yield next;
      }
  }
  // What refers to one another in a circle nobody has written; the server will say so.
  for (const own of waiting.values()) yield* own.toReversed();
}

function referencesOf(block: Block) {
  return block instanceof Item ? [block.origin, block.rightOrigin, block.parent].filter(isId) : [];
}
