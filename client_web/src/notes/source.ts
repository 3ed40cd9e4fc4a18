/** The fragment that an editor may be bound to: the document's own for those who write, a copy for those who read. */

import { getSchema, type JSONContent } from "@tiptap/core";
import { yXmlFragmentToProseMirrorRootNode } from "@tiptap/y-tiptap";
import type * as Y from "yjs";
import { FRAGMENT } from "./document";
import { keepMended } from "./mend";
import { createReplica } from "./replica";
import { schemaExtensions } from "./schema";

export const schema = getSchema(schemaExtensions());

export interface Source {
  fragment: Y.XmlFragment;
  /** What an editor begins with: y-tiptap puts the cursor where it is in this, whatever stands there in the document. */
  content: JSONContent;
  close(): void;
}

/** Throws when the document has something else under the name of the notes. */
export function openNotes(doc: Y.Doc, isEditable: boolean): Source {
  const replica = isEditable ? null : createReplica(doc);
  const fragment = (replica?.doc ?? doc).getXmlFragment(FRAGMENT);
  const stop = keepMended(fragment, schema);
  return {
    fragment,
    content:
      fragment.length > 0
        ? (yXmlFragmentToProseMirrorRootNode(fragment, schema).toJSON() as JSONContent)
        : { type: "doc", content: [{ type: "paragraph" }] },
    close: () => {
      stop();
      replica?.destroy();
    },
  };
}
