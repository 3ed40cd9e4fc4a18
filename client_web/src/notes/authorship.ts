/** Who wrote which words, as Yjs remembers it: every piece of text carries the client that it came from. Pure. */

import * as Y from "yjs";

/** A stretch of the editor's document, in its positions. */
export interface Authored {
  from: number;
  to: number;
  client: number;
}

/**
 * Return the stretches of a fragment in order, neighbours of one client together. Positions are those of a ProseMirror
 * document with the same content; `isLeaf` names the elements that have none of their own.
 */
export function authorship(fragment: Y.XmlFragment, isLeaf: (nodeName: string) => boolean): Authored[] {
  const stretches: Authored[] = [];
  const add = (from: number, to: number, client: number) => {
    const last = stretches.at(-1);
    if (last?.to === from && last.client === client) last.to = to;
    else stretches.push({ from, to, client });
  };

  const walk = (parent: Y.XmlFragment | Y.XmlText, start: number): number => {
    let position = start;
    for (let item = parent._start; item !== null; item = item.right) {
      if (item.deleted || !item.countable) continue;
      const { content } = item;
      const { client } = item.id;
      if (content instanceof Y.ContentString) {
        add(position, position + item.length, client);
        position += item.length;
      } else if (content instanceof Y.ContentType) {
        const { type } = content;
        if (type instanceof Y.XmlText) position = walk(type, position);
        else if (type instanceof Y.XmlElement && isLeaf(type.nodeName)) {
          add(position, position + 1, client);
          position += 1;
        } else if (type instanceof Y.XmlElement) position = walk(type, position + 1) + 1;
      }
    }
    return position;
  };
  walk(fragment, 0);
  return stretches;
}
