/**
 * Pasted HTML is read by ProseMirror: in a document of its own that shows nothing and runs nothing, into nodes of the
 * schema. For that it needs the one Trusted Types policy besides the page's own, "ProseMirrorClipboard".
 */

/** Make sure that ProseMirror sees markup: at text without any it would settle for the page's policy, which refuses markup. */
export const asMarkup = (html: string): string => (html.includes("<") ? html : `<!---->${html}`);
