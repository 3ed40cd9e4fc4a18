/** The texts of the hours log: they come with whatever of it is fetched first. */

import { hoursEn } from "../i18n/hoursEn";
import { hoursEs } from "../i18n/hoursEs";
import { useTexts } from "../shared/useTexts";

/** To be called where a fetched part begins, before anything below it asks for a text. */
export const useHoursTexts = (): void => useTexts(hoursEn, hoursEs);
