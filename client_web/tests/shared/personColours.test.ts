import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { COLOUR_COUNT } from "../../src/shared/initials";

type Light = readonly [number, number, number];
type Matrix = readonly [Light, Light, Light];

const css = readFileSync(new URL("../../src/shared/tokens.css", import.meta.url), "utf8");
const people = [...css.matchAll(/--rp-person-(\d+): (#[0-9a-f]{6});/g)].map(([, , hex = ""]) => lightOf(hex));
const inks = [...css.matchAll(/--rp-person-ink: (#[0-9a-f]{6});/g)].map(([, hex = ""]) => lightOf(hex));

/** https://doi.org/10.1109/TVCG.2009.113 (Machado, Oliveira, Fernandes), severity 1. */
const SIGHTS: Readonly<Record<string, Matrix>> = {
  everybody: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  "people without red": [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  "people without green": [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  "people without blue": [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};

it("has a colour for each number, and letters that can be read on it", () => {
  expect(people).toHaveLength(COLOUR_COUNT);
  expect(inks).toHaveLength(COLOUR_COUNT);
  for (const [number, person] of people.entries()) {
    expect(contrast(person, inks[number] ?? person), `${number}`).toBeGreaterThan(4.5);
  }
});

describe("for", () => {
  it.each(Object.entries(SIGHTS))("%s no two look alike", (_, sight) => {
    const seen = people.map((person) => oklab(through(sight, person)));
    for (const [one, a] of seen.entries()) {
      for (const [other, b] of seen.entries()) {
        // Of the colours of traffic lights, what is told apart by everybody, green and amber are 0.08 without red.
        if (one < other) expect(distance(a, b), `${one} and ${other}`).toBeGreaterThan(0.08);
      }
    }
  });
});

it.each([
  ["light", "#fffdf9", ["#29241e", "#1b5c50"]],
  ["dark", "#212522", ["#e3dccd", "#8fd2c0"]],
])("leaves words and links that somebody wrote readable where it is %s", (_, card, texts) => {
  const shown = readFileSync(new URL("../../src/notes/NotesText.module.css", import.meta.url), "utf8");
  const tint = Number(/\.authored \{[^}]*var\(--rp-person\) (\d+)%/.exec(shown)?.[1]) / 100;
  for (const person of people) {
    const behind = mixed(person, lightOf(card), tint);
    for (const text of texts) expect(contrast(lightOf(text), behind), text).toBeGreaterThan(4.5);
  }
});

/** As in CSS, in sRGB. */
function mixed(one: Light, other: Light, share: number): Light {
  return one.map((part, at) =>
    linear(share * coded(part) + (1 - share) * coded(other[at] ?? 0)),
  ) as unknown as Light;
}

function lightOf(hex: string): Light {
  return [1, 3, 5].map((at) => linear(Number.parseInt(hex.slice(at, at + 2), 16) / 255)) as unknown as Light;
}

function linear(part: number): number {
  return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
}

function coded(part: number): number {
  return part <= 0.0031308 ? 12.92 * part : 1.055 * part ** (1 / 2.4) - 0.055;
}

/** WCAG 2.2, "contrast ratio". */
function contrast(one: Light, other: Light): number {
  const [dark = 0, bright = 0] = [one, other]
    .map(([red, green, blue]) => 0.2126 * red + 0.7152 * green + 0.0722 * blue)
    .sort((a, b) => a - b);
  return (bright + 0.05) / (dark + 0.05);
}

function through(sight: Matrix, light: Light): Light {
  return sight.map((row) => Math.min(1, Math.max(0, dot(row, light)))) as unknown as Light;
}

/** https://bottosson.github.io/posts/oklab */
function oklab(light: Light): Light {
  const cones: Light = [
    Math.cbrt(dot([0.4122214708, 0.5363325363, 0.0514459929], light)),
    Math.cbrt(dot([0.2119034982, 0.6806995451, 0.1073969566], light)),
    Math.cbrt(dot([0.0883024619, 0.2817188376, 0.6299787005], light)),
  ];
  return [
    dot([0.2104542553, 0.793617785, -0.0040720468], cones),
    dot([1.9779984951, -2.428592205, 0.4505937099], cones),
    dot([0.0259040371, 0.7827717662, -0.808675766], cones),
  ];
}

function dot(one: Light, other: Light): number {
  return one[0] * other[0] + one[1] * other[1] + one[2] * other[2];
}

function distance(one: Light, other: Light): number {
  return Math.hypot(one[0] - other[0], one[1] - other[1], one[2] - other[2]);
}
