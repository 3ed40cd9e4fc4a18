/** The texts of this page: they come with it. */

import { useState } from "react";
import { useTranslation } from "react-i18next";
import { programmeEn } from "../../i18n/programmeEn";
import { programmeEs } from "../../i18n/programmeEs";

/** To be called where the page begins, before anything below it asks for a text. */
export function useProgrammeTexts(): void {
  const { i18n } = useTranslation();
  useState(() => {
    i18n.addResourceBundle("en", "translation", programmeEn, true);
    i18n.addResourceBundle("es", "translation", programmeEs, true);
  });
}
