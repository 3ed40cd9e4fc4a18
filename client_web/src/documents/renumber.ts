/** The same change under another number: for a page whose number turns out to be somebody else's. */

import {
  createID,
  type Doc,
  decodeStateVector,
  decodeUpdate,
  encodeStateAsUpdate,
  encodeStateVector,
  type ID,
  Item,
} from "yjs";
import { type Block, isId, writeUpdate } from "./blocks";

/** Everything in `doc` that a server of `state` lacks, and all that was written under `from`, as if written under `to`. */
export function renumbered(doc: Doc, state: Uint8Array, from: number, to: number): Uint8Array {
  const known = decodeStateVector(state);
  known.delete(from);
  const { structs, ds } = decodeUpdate(encodeStateAsUpdate(doc, encodeStateVector(known)));
  const named = (id: ID): ID => (id.client === from ? createID(to, id.clock) : id);
  const blocks = new Map<number, Block[]>();
  for (const struct of structs) {
    struct.id = named(struct.id);
    if (struct instanceof Item) {
      if (struct.origin !== null) struct.origin = named(struct.origin);
      if (struct.rightOrigin !== null) struct.rightOrigin = named(struct.rightOrigin);
      if (isId(struct.parent)) struct.parent = named(struct.parent);
    }
    const own = blocks.get(struct.id.client);
    if (own === undefined) blocks.set(struct.id.client, [struct]);
    else own.push(struct);
  }
  const deleted = [...ds.clients].map(([client, spans]) => [client === from ? to : client, spans] as const);
  return writeUpdate(blocks, new Map(deleted));
}
