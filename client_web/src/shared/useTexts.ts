/** Texts that come with a part of the page that is fetched, not with the first load. */

import { useState } from "react";
import { useTranslation } from "react-i18next";

/** Add a part's texts. To be called where the part begins, before anything below it asks for one. */
export function useTexts<Texts extends object>(english: Texts, spanish: Texts): void {
  const { i18n } = useTranslation();
  useState(() => {
    i18n.addResourceBundle("en", "translation", english, true);
    i18n.addResourceBundle("es", "translation", spanish, true);
  });
}
