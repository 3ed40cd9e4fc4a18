/** Split a message into text and links. What comes out is drawn as text nodes and anchors, never as markup. Pure. */

export type Token = { kind: "text"; text: string } | { kind: "link"; text: string; href: string };

/** Not in the middle of a word: "xhttp://…" is no address. */
const CANDIDATE = /(?<![\p{L}\p{N}])(?:https?:\/\/|mailto:|www\.)[^\s<>"'`]+/giu;
/** Ends a sentence rather than an address. */
const TRAILING = /[.,;:!?…)\]}»”’*_]$/u;
const OPENING: Readonly<Record<string, string>> = { ")": "(", "]": "[", "}": "{" };
const ALLOWED: ReadonlySet<string> = new Set(["http:", "https:", "mailto:"]);

export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let end = 0;
  for (const match of text.matchAll(CANDIDATE)) {
    const address = withoutTrailing(match[0]);
    const href = safeHref(address);
    if (href === null) continue;
    if (match.index > end) tokens.push({ kind: "text", text: text.slice(end, match.index) });
    tokens.push({ kind: "link", text: address, href });
    end = match.index + address.length;
  }
  if (end < text.length) tokens.push({ kind: "text", text: text.slice(end) });
  return tokens;
}

/** Return the address as the browser would open it, or `null` unless it is http, https or mailto. */
export function safeHref(address: string): string | null {
  const full = /^www\./i.test(address) ? `https://${address}` : address;
  const url = parse(full);
  if (url === null || !ALLOWED.has(url.protocol)) return null;
  // "https://bank.example@evil.example" shows one place and opens another.
  if (url.username !== "" || url.password !== "") return null;
  const hasTarget =
    url.protocol === "mailto:" ? url.pathname.includes("@") : url.hostname.includes(".") || isLocal(url);
  return hasTarget ? url.href : null;
}

function parse(address: string): URL | null {
  try {
    return new URL(address);
  } catch {
    return null;
  }
}

function isLocal(url: URL): boolean {
  return url.hostname === "localhost" || url.hostname.startsWith("[");
}

function withoutTrailing(address: string): string {
  let end = address.length;
  while (end > 0) {
    const last = address[end - 1] ?? "";
    if (!TRAILING.test(last)) break;
    const opening = OPENING[last];
    // A closing bracket belongs to the address when its opening one does.
    if (opening !== undefined && isBalanced(address.slice(0, end), opening, last)) break;
    end--;
  }
  return address.slice(0, end);
}

function isBalanced(text: string, opening: string, closing: string): boolean {
  let open = 0;
  for (const character of text) {
    if (character === opening) open++;
    else if (character === closing) open--;
  }
  return open >= 0;
}
