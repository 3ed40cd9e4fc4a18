/** Start i18next with all texts at hand, and keep the page's `lang` in step. */

import { createInstance, type i18n } from "i18next";
import { initReactI18next } from "react-i18next";
import { en } from "./i18n/en";
import { es } from "./i18n/es";
import { chooseLanguage } from "./i18n/languages";
import type { Memory } from "./shared/storage";

const MEMORY_KEY = "language";

export function setUpI18n(memory: Memory): i18n {
  const instance = createInstance();
  instance.on("languageChanged", (language) => {
    document.documentElement.lang = language;
  });
  void instance.use(initReactI18next).init({
    resources: { en: { translation: en }, es: { translation: es } },
    lng: chooseLanguage(memory.recall(MEMORY_KEY), navigator.languages),
    fallbackLng: "en",
    initAsync: false,
    // React escapes what it draws.
    interpolation: { escapeValue: false },
    returnNull: false,
  });
  instance.on("languageChanged", (language) => memory.remember(MEMORY_KEY, language));
  return instance;
}
