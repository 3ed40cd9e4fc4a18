import { describe, expect, it } from "vitest";
import { safeHref, tokenize } from "../../src/shared/linkTokens";

const links = (text: string) =>
  tokenize(text).flatMap((token) => (token.kind === "link" ? [token.href] : []));
const joinedBack = (text: string) =>
  tokenize(text)
    .map((token) => token.text)
    .join("");

describe("what becomes a link", () => {
  it.each([
    ["see https://example.org/plan", "https://example.org/plan"],
    ["http://example.org", "http://example.org/"],
    ["www.example.org/a", "https://www.example.org/a"],
    ["write to mailto:ana@example.org please", "mailto:ana@example.org"],
    ["(https://example.org/a_(b))", "https://example.org/a_(b)"],
    ["Is it https://example.org/a?", "https://example.org/a"],
    ["https://example.org/a?b=c&d=<script>", "https://example.org/a?b=c&d="],
    ["“https://example.org”", "https://example.org/"],
    ["http://localhost:8800/r/lounge", "http://localhost:8800/r/lounge"],
  ])("%s", (text, href) => {
    expect(links(text)).toEqual([href]);
  });

  it("finds several", () => {
    expect(links("https://a.example, https://b.example.")).toEqual([
      "https://a.example/",
      "https://b.example/",
    ]);
  });
});

describe("what stays text", () => {
  it.each([
    "javascript:alert(1)",
    "data:text/html,<b>x</b>",
    "<a href='javascript:x'>x</a>",
    "xhttps://example.org",
    "https://",
    "https://nothing",
    "https://bank.example@evil.example/",
    "file:///etc/passwd",
    "ftp://example.org",
    "mailto:nobody",
    "<img src=x onerror=alert(1)>",
    "",
  ])("%s", (text) => {
    expect(links(text)).toEqual([]);
  });
});

it("loses and adds nothing of the text", () => {
  for (const text of [
    "a https://b.example/c, d",
    "www.x.example!",
    "no link\nat all",
    "https://é.example/ü 👍🏽",
  ]) {
    expect(joinedBack(text)).toBe(text);
  }
});

it("gives only addresses that open where they say", () => {
  expect(safeHref("https://user:secret@example.org")).toBeNull();
  expect(safeHref("HTTPS://EXAMPLE.org")).toBe("https://example.org/");
});
