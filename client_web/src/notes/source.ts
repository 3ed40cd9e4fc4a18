/** The fragment that an editor may be bound to: the document's own for those who write, a copy for those who read. */

import { getSchema } from "@tiptap/core";
import type * as Y from "yjs";
import { FRAGMENT } from "./document";
import { keepMended } from "./mend";
import { createReplica } from "./replica";
import { schemaExtensions } from "./schema";

export const schema = getSchema(schemaExtensions());

export interface Source {
  fragment: Y.XmlFragment;
  close(): void;
}

/** Throws when the document has something else under the name of the notes. */
export function openNotes(doc: Y.Doc, isEditable: boolean): Source {
  const replica = isEditable ? null : createReplica(doc);
  const fragment = (replica?.doc ?? doc).getXmlFragment(FRAGMENT);
  const stop = keepMended(fragment, schema);
  return {
    fragment,
    close: () => {
      stop();
      replica?.destroy();
    },
  };
}
