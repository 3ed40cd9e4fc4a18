/** The same change under another number: for a page whose number turns out to be somebody else's. */

import {
  createID,
  type Doc,
  decodeStateVector,
  decodeUpdate,
  encodeStateAsUpdate,
  encodeStateVector,
  type GC,
  type ID,
  Item,
  type Skip,
  UpdateEncoderV1,
} from "yjs";

/** Everything in `doc` that a server of `state` lacks, and all that was written under `from`, as if written under `to`. */
export function renumbered(doc: Doc, state: Uint8Array, from: number, to: number): Uint8Array {
  const known = decodeStateVector(state);
  known.delete(from);
  const { structs, ds } = decodeUpdate(encodeStateAsUpdate(doc, encodeStateVector(known)));
  const named = (id: ID): ID => (id.client === from ? createID(to, id.clock) : id);
  const blocks = new Map<number, (GC | Item | Skip)[]>();
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
  const encoder = new UpdateEncoderV1();
  encoder.writeLen(blocks.size);
  for (const [client, own] of blocks) {
    encoder.writeLen(own.length);
    encoder.writeClient(client);
    encoder.writeLen(own[0]?.id.clock ?? 0);
    for (const struct of own) struct.write(encoder, 0);
  }
  encoder.writeLen(ds.clients.size);
  for (const [client, deleted] of ds.clients) {
    encoder.writeClient(client === from ? to : client);
    encoder.writeLen(deleted.length);
    for (const { clock, len } of deleted) {
      encoder.writeDsClock(clock);
      encoder.writeDsLen(len);
    }
  }
  return encoder.toUint8Array();
}

/** Of what was read out of an update, a parent is a name or an id, and nothing else yet. */
function isId(parent: unknown): parent is ID {
  return typeof parent === "object" && parent !== null && "client" in parent && "clock" in parent;
}
