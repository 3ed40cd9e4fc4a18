/** Which action item something is in, and which one has an id. Pure. */

import type { Node, ResolvedPos } from "@tiptap/pm/model";

export interface FoundTask {
  position: number;
  node: Node;
}

/** Return the innermost item around a position. */
export function taskAround($position: ResolvedPos): FoundTask | null {
  for (let depth = $position.depth; depth > 0; depth--) {
    const node = $position.node(depth);
    if (node.type.name === "taskItem") return { position: $position.before(depth), node };
  }
  return null;
}

export function taskById(doc: Node, itemId: string): FoundTask | null {
  let found: FoundTask | null = null;
  doc.descendants((node, position) => {
    if (found === null && node.type.name === "taskItem" && node.attrs.itemId === itemId)
      found = { position, node };
    return found === null;
  });
  return found;
}
