/** The document of the notes, without an editor. Pure. */

import * as Y from "yjs";

/** The name of the document's one fragment. */
export const FRAGMENT = "notes";

/** Tell whether anything is written: empty paragraphs and lists are nothing. */
export function hasContent(doc: Y.Doc): boolean {
  return holdsContent(doc.getXmlFragment(FRAGMENT));
}

const CONTENT: ReadonlySet<string> = new Set(["mention", "timestamp", "horizontalRule"]);

function holdsContent(parent: Y.XmlFragment): boolean {
  return parent.toArray().some((child: unknown) => {
    if (child instanceof Y.XmlText) return child.length > 0;
    return child instanceof Y.XmlElement && (CONTENT.has(child.nodeName) || holdsContent(child));
  });
}
