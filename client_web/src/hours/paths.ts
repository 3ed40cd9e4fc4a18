/** The addresses of the pages of the hours log. Pure. */

export const HOURS_PATH = "/hours";

export const pairPath = (pairId: string): string => `${HOURS_PATH}/pairs/${encodeURIComponent(pairId)}`;

export const entryPath = (entryId: string): string => `${HOURS_PATH}/entries/${encodeURIComponent(entryId)}`;

export const PROGRAMME_PATH = `${HOURS_PATH}/programme`;
