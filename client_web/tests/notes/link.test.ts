import { expect, it } from "vitest";
import { hrefOf, meantAddress } from "../../src/notes/link";

it.each([
  ["https://example.org/a", "https://example.org/a"],
  ["example.org/a?b", "https://example.org/a?b"],
  [" www.example.org ", "https://www.example.org/"],
  ["ana@example.org", "mailto:ana@example.org"],
  ["mailto:ana@example.org", "mailto:ana@example.org"],
  ["localhost:8800/r/x", "https://localhost:8800/r/x"],
  ["javascript:alert(1)", null],
  ["JaVaScript:alert(document.domain)//example.org", null],
  ["data:text/html,x", null],
  ["vbscript:x", null],
  ["https://bank.example@evil.example", null],
  ["hello", null],
  ["", null],
])("takes %j for %j", (text, address) => {
  expect(meantAddress(text)).toBe(address);
});

it("leads nowhere from a mark that is no address", () => {
  expect(hrefOf({ href: "https://example.org/" })).toBe("https://example.org/");
  for (const href of ["javascript:alert(1)", "\u0001javascript:alert(1)", { a: 1 }, null, undefined, 7]) {
    expect(hrefOf({ href })).toBeNull();
  }
});
