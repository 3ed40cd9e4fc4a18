import { expect, it } from "vitest";
import { asMarkup } from "../../src/notes/pasting";

it("is always markup, without style sheets", () => {
  expect(asMarkup("words")).toBe("<!---->words");
  expect(asMarkup("<b>words</b>")).toBe("<b>words</b>");
  expect(asMarkup("<style>p{color:red}</style><p>a<STYLE type='x'>b\n</STYLE >c</p>")).toBe("<p>ac</p>");
  expect(asMarkup("<style>a</style>b")).toBe("<!---->b");
});
