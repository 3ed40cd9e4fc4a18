/**
 * Names as they are compared with what somebody types, whose keyboard may lack some letters. Pure.
 *
 * The server has the same in `server/hours/folded.py`; both are held to `protocol/vectors/found_names.json`.
 */

const APOSTROPHES = "\u2018\u2019\u201b\u02b9\u02bb\u02bc\u2032\u00b4\uff07`";
const HYPHENS = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\uff0d";
/** Letters that are none with an accent, and marks that stand for a plain one. */
const ALIKE = new Map([
  ...Object.entries({ ł: "l", đ: "d", ð: "d", ø: "o", ı: "i", æ: "ae", œ: "oe", ß: "ss", þ: "th", ς: "σ" }),
  ...[...APOSTROPHES].map((mark) => [mark, "'"] as const),
  ...[...HYPHENS].map((mark) => [mark, "-"] as const),
]);

/** Return a text without capitals and accents, letters and marks that are alike as the plainest of them. */
export const folded = (text: string): string =>
  text
    .normalize("NFD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[`\P{ASCII}]/gu, (one) => ALIKE.get(one) ?? one);
