/**
 * Pasted HTML is read by ProseMirror: in a document of its own that shows nothing and runs nothing, into nodes of the
 * schema. For that it needs the one Trusted Types policy besides the page's own, "ProseMirrorClipboard".
 */

const STYLE_SHEET = /<style\b[\s\S]*?<\/style\s*>/gi;

/**
 * Make sure that ProseMirror sees markup: at text without any it would settle for the page's policy, which refuses markup.
 * Style sheets, of which word processors send many, go: the page's policy would refuse each, and say so.
 */
export function asMarkup(html: string): string {
  const plain = html.replace(STYLE_SHEET, "");
  return plain.includes("<") ? plain : `<!---->${plain}`;
}
