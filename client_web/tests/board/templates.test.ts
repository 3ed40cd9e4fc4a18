import { createInstance } from "i18next";
import { describe, expect, it } from "vitest";
import * as Y from "yjs";
import { BoardDoc } from "../../src/board/boardDoc";
import type { BoardElement } from "../../src/board/elements";
import { outlineOf } from "../../src/board/outline";
import { TEMPLATES, type Template, templateUpdate } from "../../src/board/templates";
import { templateTexts } from "../../src/board/templateTexts";
import { en } from "../../src/i18n/en";
import { es } from "../../src/i18n/es";

function createTexts(language: "en" | "es") {
  const i18n = createInstance();
  const resources = { en: { translation: en }, es: { translation: es } };
  void i18n.init({ resources, lng: language, initAsync: false, interpolation: { escapeValue: false } });
  return (template: Template) => templateTexts(i18n.t, template);
}

function elementsOf(update: Uint8Array): BoardElement[] {
  const doc = new Y.Doc();
  Y.applyUpdate(doc, update);
  const board = new BoardDoc(doc);
  return [...board.elements.keys()].flatMap((id) => board.read(id) ?? []);
}

const english = createTexts("en");
const filled = TEMPLATES.filter((template) => template !== "blank");

it("has a blank one", () => {
  expect(elementsOf(templateUpdate("blank", english("blank")))).toEqual([]);
});

describe.each(filled)("%s", (template) => {
  const texts = english(template);
  const elements = elementsOf(templateUpdate(template, texts));

  it("has a heading and a hint per column, in reading order", () => {
    const [outside, ...columns] = outlineOf(elements);
    expect(outside?.items).toEqual([{ kind: "text", id: `${template}-title`, text: texts.title }]);
    expect(columns.map(({ title }) => title)).toEqual(texts.columns.map(({ heading }) => heading));
    for (const [at, { items }] of columns.entries()) {
      expect(items.map((item) => "text" in item && item.text)).toEqual([texts.columns[at]?.hint]);
    }
  });

  it("holds everything in its frame, and no two frames touch", () => {
    const frames = elements.filter(({ type }) => type === "frame");
    for (const element of elements.filter(({ frameId }) => frameId !== null)) {
      const frame = frames.find(({ id }) => id === element.frameId);
      expect(element.x - (frame?.x ?? 0)).toBeGreaterThan(0);
      expect(element.x + element.width).toBeLessThan((frame?.x ?? 0) + (frame?.width ?? 0));
      expect(element.y + element.height).toBeLessThan((frame?.y ?? 0) + (frame?.height ?? 0));
    }
    for (const a of frames) {
      for (const b of frames.filter((other) => other !== a)) {
        const isBeside = a.x + a.width < b.x || b.x + b.width < a.x;
        expect(isBeside || a.y + a.height < b.y || b.y + b.height < a.y).toBe(true);
      }
    }
  });

  it("puts every element above the one before", () => {
    const indices = elements.map(({ index }) => index ?? "");
    expect(new Set(indices).size).toBe(elements.length);
    expect(indices.every((index) => /^a[\dA-Za-z]$/.test(index))).toBe(true);
  });

  it("is the same when two begin with it at once", () => {
    const doc = new Y.Doc();
    for (let times = 0; times < 2; times += 1) Y.applyUpdate(doc, templateUpdate(template, texts));
    expect(new BoardDoc(doc).elements.size).toBe(elements.length);
  });

  it("has words in Spanish", () => {
    const spanish = createTexts("es")(template);
    const all = [spanish.title, ...spanish.columns.flatMap(({ heading, hint }) => [heading, hint])];
    for (const words of all) expect(words).not.toMatch(/^board\./);
    expect(spanish.columns[0]?.heading).not.toBe(texts.columns[0]?.heading);
  });
});
