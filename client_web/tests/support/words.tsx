/** A part of a page as it is in English, without a browser. */

import { MantineProvider } from "@mantine/core";
import { createInstance } from "i18next";
import type { ReactElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { I18nextProvider, initReactI18next } from "react-i18next";
import { Router } from "wouter";
import { en } from "../../src/i18n/en";

/** Return the markup of a part; `texts` come with it. */
export function markupOf(part: ReactElement, texts: object): string {
  const i18n = createInstance();
  void i18n.use(initReactI18next).init({
    resources: { en: { translation: { ...en, ...texts } } },
    lng: "en",
    initAsync: false,
    interpolation: { escapeValue: false },
  });
  return renderToStaticMarkup(
    <I18nextProvider i18n={i18n}>
      <Router ssrPath="/">
        <MantineProvider>{part}</MantineProvider>
      </Router>
    </I18nextProvider>,
  );
}

/** Return what stands in elements of a class, without marks. */
export const wordsIn = (markup: string, name: string): string[] =>
  [...markup.matchAll(new RegExp(`class="[^"]*${name}[^"]*"[^>]*>(.*?)</p>`, "gs"))].map(([, words = ""]) =>
    words.replace(/<[^>]+>/g, "").replace(/[\u202f\u00a0]/g, " "),
  );
