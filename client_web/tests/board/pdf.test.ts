import { inflateSync } from "node:zlib";
import { expect, it } from "vitest";
import { pdfOf } from "../../src/board/pdf";

/** Two pixels wide, one high: red and half-transparent blue. */
const PICTURE = { width: 2, height: 1, data: new Uint8ClampedArray([255, 0, 0, 255, 0, 0, 255, 128]) };

async function written(title = "Fractions") {
  const bytes = await pdfOf(PICTURE, "a4", title);
  return { bytes, text: Buffer.from(bytes).toString("latin1") };
}

it("begins and ends as readers want it", async () => {
  const { text } = await written();
  expect(text.startsWith("%PDF-1.4\n")).toBe(true);
  expect(text.endsWith("%%EOF\n")).toBe(true);
});

it("says where each object begins", async () => {
  const { text } = await written();
  const start = Number(text.match(/startxref\n(\d+)\n/)?.[1]);
  const table = text.slice(start);
  expect(table.startsWith("xref\n0 7\n0000000000 65535 f \n")).toBe(true);
  const offsets = [...table.matchAll(/(\d{10}) 00000 n \n/g)].map(([, offset]) => Number(offset));
  expect(offsets).toHaveLength(6);
  for (const [at, offset] of offsets.entries()) {
    expect(text.slice(offset).startsWith(`${at + 1} 0 obj\n`)).toBe(true);
  }
});

it("says how long each stream is, and has the picture's colours in one", async () => {
  const { bytes, text } = await written();
  const streams = [...text.matchAll(/\/Length (\d+) >>\nstream\n/g)].map(({ 0: head, 1: length, index }) => {
    const from = index + head.length;
    expect(text.slice(from + Number(length)).startsWith("\nendstream\n")).toBe(true);
    return bytes.subarray(from, from + Number(length));
  });
  expect([...inflateSync(streams[1] ?? new Uint8Array())]).toEqual([255, 0, 0, 0, 0, 255]);
});

it("draws the picture as large as it fits, in the middle", async () => {
  const { text } = await written();
  const [, width, height, left, bottom] = (text.match(/q (\S+) 0 0 (\S+) (\S+) (\S+) cm/) ?? []).map(Number);
  expect(width).toBeCloseTo(841.89 - 56, 1);
  expect(height).toBeCloseTo((841.89 - 56) / 2, 1);
  expect(left).toBeCloseTo(28, 1);
  expect(bottom).toBeCloseTo((595.28 - (height ?? 0)) / 2, 1);
});

it("takes any title, also one that tries to be more", async () => {
  const { text } = await written("Año) >> endobj 😀");
  const hex = text.match(/\/Title <feff([\da-f]+)>/)?.[1] ?? "";
  const units = hex.match(/.{4}/g)?.map((unit) => Number.parseInt(unit, 16)) ?? [];
  expect(String.fromCharCode(...units)).toBe("Año) >> endobj 😀");
});
