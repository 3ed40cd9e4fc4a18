/** Whose is what is on a board: of each element whoever changed it last, as Yjs remembers it, and what the server knows. */

import type * as Y from "yjs";
import { BoardDoc } from "./boardDoc";

/** Whom clients belong to, as far as the server knows. */
export interface WhoDrew {
  /** Oneself. */
  personId: string;
  load(): Promise<ReadonlyMap<number, string>>;
}

export interface Contributions {
  things: number;
  /** Null where it cannot be known just now. */
  people: number | null;
  isOwn: boolean;
}

/** Count what is on a board, and how many people have worked on it. */
export async function contributionsOf(doc: Y.Doc, whoDrew: WhoDrew | undefined): Promise<Contributions> {
  const { elements } = new BoardDoc(doc);
  const clients = [...elements.keys()].map((id) => elements._map.get(id)?.id.client ?? 0);
  const things = clients.length;
  const known = await whoDrew?.load().catch(() => undefined);
  if (whoDrew === undefined || known === undefined) {
    const isOwn = clients.every((client) => client === doc.clientID);
    return { things, people: isOwn ? 1 : null, isOwn };
  }
  // Whoever is not known yet has only just come: each client is somebody else.
  const personOf = (client: number) =>
    client === doc.clientID ? whoDrew.personId : (known.get(client) ?? `client ${client}`);
  // What somebody has brought back is written by them, but was not drawn by them alone.
  const people = new Set([...known.values(), ...clients.map(personOf)]);
  return { things, people: people.size, isOwn: people.size === 1 && people.has(whoDrew.personId) };
}
