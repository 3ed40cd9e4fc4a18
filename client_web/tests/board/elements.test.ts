import { describe, expect, it } from "vitest";
import { type BoardElement, MOST_JSON, readElement, writeElement } from "../../src/board/elements";
import { toFlat } from "../../src/board/points";
import { shape, stroke } from "../support/boardScene";

const read = (element: BoardElement) =>
  readElement(
    element.id,
    writeElement(element),
    toFlat(element.points ?? [], element.pressures ?? [], false),
  );

/** As `shape`, with whatever a stranger writes into it. */
const readWith = (fields: Record<string, unknown>) =>
  readElement("r", JSON.stringify({ ...JSON.parse(writeElement(shape("r"))), ...fields }), undefined);

const label = shape("t", {
  ...{ type: "text", text: "3/4\nof it", originalText: "3/4 of it", fontSize: 24, fontFamily: 6 },
  ...{ textAlign: "center", verticalAlign: "middle", containerId: "r", autoResize: false, lineHeight: 1.35 },
});
const arrow = shape("a", {
  ...{ type: "arrow", startArrowhead: null, endArrowhead: "triangle", elbowed: true, fixedSegments: null },
  points: [
    [0, 0],
    [40, -30],
  ],
  startBinding: { elementId: "r", focus: 0.2, gap: 4, fixedPoint: [0.5, 1] },
  ...{ endBinding: null, startIsSpecial: null, endIsSpecial: false, width: 40, height: 30 },
});

describe("writing and reading", () => {
  it("keeps what was drawn", () => {
    const picture = shape("i", {
      ...{ type: "image", fileId: "f-1", scale: [-1, 1] },
      crop: { x: 1, y: 2, width: 3, height: 4, naturalWidth: 5, naturalHeight: 6 },
    });
    const frame = shape("f", { type: "frame", name: "Group 1" });
    const hand = stroke("s", [
      [0, 0],
      [100, 50],
    ]);
    const looks = {
      roundness: { type: 3 },
      groupIds: ["g"],
      frameId: "f",
      locked: true,
      link: "https://a.b/c",
    };
    for (const element of [shape("r", looks), label, arrow, picture, frame, hand]) {
      const { version: _, versionNonce: __, ...rest } = element;
      expect(read(element), element.type).toMatchObject(rest);
    }
  });

  it("is the same text whatever order the fields are in, and whichever version it is", () => {
    const { x, ...rest } = shape("r");
    expect(writeElement({ ...rest, version: 9, versionNonce: 8, updated: 7, x } as BoardElement)).toBe(
      writeElement(shape("r")),
    );
  });

  it("leaves the points of strokes and long lines to a place of their own", () => {
    const points = Array.from({ length: 40 }, (_, at) => [at, at] as const);
    const long = { ...arrow, points };
    expect(writeElement(long)).not.toContain("points");
    expect(writeElement(arrow)).toContain("points");
    expect(read(long)).toMatchObject({ points, width: 39 });
  });
});

describe("what a stranger wrote", () => {
  it("is left out without a sound place, size, name or content", () => {
    const large = "x".repeat(30_000);
    const wrong = [
      ...[{ x: null }, { y: "1" }, { x: 1e308 }, { width: -1 }, { height: 1e9 }, { width: undefined }],
      ...[{ type: "embeddable" }, { type: "iframe" }, { type: "magicframe" }, { type: "constructor" }],
      ...[{ id: "other" }, { type: "text", text: 5 }, { type: "text", text: large, originalText: "" }],
      ...[
        { type: "line", points: [[0, 0]] },
        {
          type: "line",
          points: [
            [0, 0],
            [1, null],
          ],
        },
      ],
      ...[
        { type: "arrow", points: "ab" },
        {
          type: "line",
          points: [
            [0, 0],
            [1e7, 0],
          ],
        },
        { type: "freedraw" },
      ],
    ];
    for (const fields of wrong) expect(readWith(fields), JSON.stringify(fields).slice(0, 80)).toBeNull();
    expect(readWith({})).not.toBeNull();
  });

  it("is left out when it is no element at all", () => {
    for (const json of [undefined, null, 7, "", "{", "[]", "null", '"r"', "7", "x".repeat(MOST_JSON + 1)]) {
      expect(readElement("r", json, undefined), String(json).slice(0, 20)).toBeNull();
    }
  });

  it("leads nowhere but to the web and to mail", () => {
    for (const link of ["javascript:alert(1)", "data:text/html,x", " java\nscript:x", "//a.b", "blob:x", 5]) {
      expect(readWith({ link })?.link, String(link)).toBeNull();
    }
    for (const link of ["https://a.b/c?d#e", "http://a.b", "mailto:a@b.c"]) {
      expect(readWith({ link })?.link).toBe(link);
    }
  });

  it("has no colour that would fetch something", () => {
    for (const color of ["url(https://a.b/c)", 'red" onload="x', "var(--x)", "image-set(x)", "#12", 7]) {
      expect(readWith({ strokeColor: color })?.strokeColor, String(color)).toBe("#1e1e1e");
    }
    for (const color of ["#ffec99", "#fff", "transparent", "rgba(1, 2, 3, 0.5)", "hsl(120deg 50% 50%)"]) {
      expect(readWith({ backgroundColor: color })?.backgroundColor).toBe(color);
    }
  });

  it("takes usual looks for absurd ones", () => {
    const absurd = { strokeWidth: 1e9, opacity: -5, roughness: "x", angle: 1e5, fillStyle: "x", seed: 1.5 };
    expect(
      readWith({ ...absurd, groupIds: ["<b>", "g"], boundElements: [{ id: 7 }, null, 3] }),
    ).toMatchObject({
      ...{ strokeWidth: 32, opacity: 0, roughness: 1, angle: 7, fillStyle: "solid", seed: 1 },
      ...{ groupIds: ["g"], boundElements: [] },
    });
  });

  it("is not hatched where it is huge", () => {
    expect(readWith({ width: 9_000, height: 9_000, fillStyle: "hachure" })?.fillStyle).toBe("solid");
    expect(readWith({ width: 900, height: 900, fillStyle: "hachure" })?.fillStyle).toBe("hachure");
  });

  it("has an order that others can be put before and after, or none", () => {
    for (const index of ["a0", "a1V", "Zz", "b12", "c00G", "b00V"]) {
      expect(readWith({ index })?.index, index).toBe(index);
    }
    for (const index of ["", "a", "!", "a10", "b1", "zz", `A${"0".repeat(26)}`, 5, "a1-", "a".repeat(500)]) {
      expect(readWith({ index })?.index, String(index)).toBeNull();
    }
  });

  it("brings nothing along that no field is meant for", () => {
    const element = readWith({
      customData: { html: "<b>" },
      __proto__: { x: 1 },
      onclick: "x",
      isDeleted: true,
    });
    expect(Object.keys(element ?? {})).not.toContain("customData");
    expect(element).toMatchObject({ isDeleted: false });
  });

  it("never makes reading fail, however it is mangled", () => {
    const odd = [null, -1, 1e308, "", "x", [], {}, [[[]]], true, { type: 9 }, "javascript:x", [null, {}]];
    let read = 0;
    for (const element of [shape("r"), label, arrow, stroke("s", [[0, 0]])]) {
      const sound = JSON.parse(writeElement(element)) as Record<string, unknown>;
      for (const field of Object.keys(sound)) {
        for (const value of odd) {
          const mangled = readElement(element.id, JSON.stringify({ ...sound, [field]: value }), [0, 0, 1, 1]);
          read += mangled === null ? 0 : 1;
          const numbers = Object.values(mangled ?? {}).filter((one) => typeof one === "number");
          expect(numbers.every(Number.isFinite)).toBe(true);
        }
      }
    }
    expect(read).toBeGreaterThan(500);
  });
});
