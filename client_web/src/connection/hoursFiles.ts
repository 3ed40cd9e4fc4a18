/** Where what there is of the hours log is fetched from as a file. Pure. */

import type { Paper } from "../shared/paper";
import { PATH } from "./hours";

/** How something is printed. */
export interface Print {
  language: string;
  paper: Paper;
}

/** All entries of the pairs that fit; `query` are words of the address. For coordinators. */
export const reportPath = (format: "csv" | "xlsx", query: string): string =>
  `${PATH}/report.${format}?${query}`;

/** Somebody's hours in a term as a PDF: one's own; coordinators have everybody's. */
export const statementPath = (personId: string, termId: string, print: Print): string =>
  `${PATH}/statements/${encodeURIComponent(personId)}.pdf?${new URLSearchParams({ term: termId, ...print })}`;

/** How many hours somebody has between two days, as a PDF. */
export const certificatePath = (personId: string, from: string, to: string, print: Print): string =>
  `${PATH}/certificates/${encodeURIComponent(personId)}.pdf?${new URLSearchParams({ from, to, ...print })}`;

/** What is due, as a calendar. */
export const duePath = (language: string): string => `${PATH}/due.ics?${new URLSearchParams({ language })}`;
