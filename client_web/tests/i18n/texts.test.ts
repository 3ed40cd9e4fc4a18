import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { accountEn } from "../../src/i18n/accountEn";
import { accountEs } from "../../src/i18n/accountEs";
import { en } from "../../src/i18n/en";
import { es } from "../../src/i18n/es";
import { hoursEn } from "../../src/i18n/hoursEn";
import { hoursEs } from "../../src/i18n/hoursEs";
import { chooseLanguage } from "../../src/i18n/languages";
import { programmeEn } from "../../src/i18n/programmeEn";
import { programmeEs } from "../../src/i18n/programmeEs";
import { recordEn } from "../../src/i18n/recordEn";
import { recordEs } from "../../src/i18n/recordEs";

const SOURCE = new URL("../../src", import.meta.url).pathname;

function flat(tree: object, prefix = ""): Record<string, string> {
  return Object.fromEntries(
    Object.entries(tree).flatMap(([key, value]) =>
      typeof value === "string" ? [[prefix + key, value]] : Object.entries(flat(value, `${prefix}${key}.`)),
    ),
  );
}

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === "i18n" ? [] : sources(path);
    return /\.tsx?$/.test(entry.name) ? [readFileSync(path, "utf8")] : [];
  });
}

const texts = {
  en: flat({ ...en, ...accountEn, ...recordEn, ...hoursEn, ...programmeEn }),
  es: flat({ ...es, ...accountEs, ...recordEs, ...hoursEs, ...programmeEs }),
};
const placeholders = (text: string) =>
  [...text.matchAll(/\{\{(\w+)(?:, number)?\}\}/g)].map(([, name]) => name).sort();
/** A key as code writes it: without the number's form. */
const base = (key: string) => key.replace(/_(zero|one|other)$/, "");

describe("every language", () => {
  it("has the same keys", () => {
    expect(Object.keys(texts.es)).toEqual(Object.keys(texts.en));
  });

  it("fills in the same values", () => {
    for (const [key, text] of Object.entries(texts.en)) {
      expect(placeholders(texts.es[key] ?? ""), key).toEqual(placeholders(text));
    }
  });

  it("leaves nothing empty or untranslated", () => {
    const isSame = ["app.name", "chat.title", "room.chat", "hours.side.mentor"];
    for (const [key, text] of Object.entries(texts.en)) {
      expect(texts.es[key]?.trim(), key).not.toBe("");
      if (!isSame.includes(key)) expect(texts.es[key], key).not.toBe(text);
    }
  });

  it("has a form for one and for many", () => {
    const keys = new Set(Object.keys(texts.en));
    for (const key of keys) {
      if (key.endsWith("_other")) expect(keys).toContain(key.replace(/_other$/, "_one"));
    }
  });
});

describe("the code", () => {
  const code = sources(SOURCE).join("\n");
  const literal = [...code.matchAll(/["'`]([a-z]\w*(?:\.\w+)+)["'`]/g)].map(([, key]) => key ?? "");
  // `home.kind.${kind}`: every text of that group counts as used, so that such a group holds nothing else.
  const patterns = [...code.matchAll(/`([a-z]\w*\.(?:[\w.]|\$\{[^`}]*\})*)`/g)]
    .map(([, key]) => key ?? "")
    .filter((key) => key.includes("${"))
    .map((key) => new RegExp(`^${key.replaceAll(".", "\\.").replace(/\$\{[^}]*\}/g, "\\w+")}$`));

  it("uses every text", () => {
    const unused = Object.keys(texts.en)
      .map(base)
      .filter((key) => !literal.includes(key) && !patterns.some((pattern) => pattern.test(key)));
    expect([...new Set(unused)]).toEqual([]);
  });

  it("uses no text that there is not", () => {
    const known = new Set(Object.keys(texts.en).map(base));
    const used = [...code.matchAll(/\bt\(\s*["'`]([\w.]+)["'`]/g)].map(([, key]) => key ?? "");
    expect(used.length).toBeGreaterThan(50);
    expect(used.filter((key) => !known.has(key))).toEqual([]);
  });
});

describe("choosing a language", () => {
  it("takes what was chosen before, else the browser's first that there is, else English", () => {
    expect(chooseLanguage("es", ["en-US"])).toBe("es");
    expect(chooseLanguage(null, ["fr", "es-MX", "en"])).toBe("es");
    expect(chooseLanguage("tlh", ["de"])).toBe("en");
    expect(chooseLanguage("toString", [])).toBe("en");
  });
});
