/** Which paper is usual where somebody is. Pure. */

export const PAPERS = ["a4", "letter"] as const;
export type Paper = (typeof PAPERS)[number];

/** https://cldr.unicode.org, "paperSize" of its supplemental data: where it is US Letter. */
const LETTER_REGIONS = "BZ CA CL CO CR GT MX NI PA PH PR SV US VE".split(" ");

/** Return US Letter where it is usual, A4 elsewhere. `languages` as the browser has them; only the first counts. */
export function paperFor(languages: readonly string[]): Paper {
  const region = languages[0]?.split("-").find((part) => /^[A-Z]{2}$/.test(part));
  return region !== undefined && LETTER_REGIONS.includes(region) ? "letter" : "a4";
}
