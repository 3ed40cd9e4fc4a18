/** The texts of the hours log: they come with whatever of it is fetched first. */

import type { i18n } from "i18next";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { hoursEn } from "../i18n/hoursEn";
import { hoursEs } from "../i18n/hoursEs";

/** To be called where a fetched part begins, before anything below it asks for a text. */
export function useHoursTexts(): void {
  const { i18n } = useTranslation();
  useState(() => addTexts(i18n));
}

function addTexts(instance: i18n): void {
  instance.addResourceBundle("en", "translation", hoursEn, true);
  instance.addResourceBundle("es", "translation", hoursEs, true);
}
