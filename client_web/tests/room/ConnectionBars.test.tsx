import { createInstance } from "i18next";
import { renderToStaticMarkup } from "react-dom/server";
import { I18nextProvider, initReactI18next } from "react-i18next";
import { expect, it } from "vitest";
import { en } from "../../src/i18n/en";
import { es } from "../../src/i18n/es";
import type { Quality } from "../../src/protocol/generated";
import { ConnectionBars } from "../../src/room/ConnectionBars";

function draw(quality: Quality, { isSelf = false, language = "en" } = {}): string {
  const i18n = createInstance();
  const resources = { en: { translation: en }, es: { translation: es } };
  void i18n.use(initReactI18next).init({ resources, lng: language, initAsync: false });
  return renderToStaticMarkup(
    <I18nextProvider i18n={i18n}>
      <ConnectionBars quality={quality} isSelf={isSelf} />
    </I18nextProvider>,
  );
}

const label = (markup: string) => markup.match(/aria-label="([^"]*)"/)?.[1];
const shapes = (markup: string) =>
  [...markup.matchAll(/<rect [^>]*class="([^"]*)"/g)].map(([, name]) => name);

it("shows nothing while the connection is good", () => {
  expect(draw("good")).toBe("");
});

it("fills two bars of three for a fair one, and one for a poor one", () => {
  for (const [quality, full] of [["fair", 2] as const, ["poor", 1] as const]) {
    const bars = shapes(draw(quality));
    expect(bars).toHaveLength(3);
    expect(bars.filter((name) => name === bars[0])).toHaveLength(full);
  }
});

it("says in words what it shows, to whom it concerns as theirs", () => {
  expect(label(draw("fair"))).toBe("Weak connection");
  expect(label(draw("poor"))).toBe("Very weak connection");
  expect(label(draw("fair", { isSelf: true }))).toBe("Your connection is weak");
  expect(label(draw("poor", { isSelf: true, language: "es" }))).toBe("Su conexión es muy débil");
  expect(draw("poor")).toContain("<title>Very weak connection</title>");
});
