import { expect, it } from "vitest";
import type { BoardElement } from "../../src/board/elements";
import { outlineOf } from "../../src/board/outline";
import { shape } from "../support/boardScene";

const at = (x: number, y: number) => ({ x, y });
const words = (id: string, text: string, fields: Partial<BoardElement> = {}) =>
  shape(id, { type: "text", text, originalText: text, containerId: null, height: 25, ...fields });

it("has nothing to say of an empty board", () => {
  expect(outlineOf([])).toEqual([]);
  expect(outlineOf([shape("gone", { isDeleted: true })])).toEqual([]);
});

it("reads from the top to the bottom, and each row from the left", () => {
  const elements = [
    words("c", "below", at(0, 300)),
    words("b", "right", at(400, 8)),
    words("a", "left", at(0, 12)),
  ];
  expect(outlineOf(elements)).toEqual([
    {
      id: null,
      title: "",
      drawings: 0,
      items: [
        { kind: "text", id: "a", text: "left" },
        { kind: "text", id: "b", text: "right" },
        { kind: "text", id: "c", text: "below" },
      ],
    },
  ]);
});

it("has a heading for each frame, and in it what lies in the frame", () => {
  const elements = [
    words("in", "a half", { ...at(620, 50), frameId: "two" }),
    shape("two", { type: "frame", name: "Second", ...at(600, 0), height: 500 }),
    shape("one", { type: "frame", name: null, ...at(0, 10), height: 500 }),
    words("out", "outside", at(0, 900)),
  ];
  expect(outlineOf(elements).map(({ title, items }) => [title, items.length])).toEqual([
    ["", 1],
    ["", 0],
    ["Second", 1],
  ]);
});

it("reads a heading that is written in its frame once", () => {
  const elements = [
    words("in", "Second", { frameId: "two" }),
    words("in2", "more", { frameId: "two", ...at(0, 400) }),
    shape("two", { type: "frame", name: "Second", height: 500 }),
  ];
  expect(outlineOf(elements)[0]?.items).toEqual([{ kind: "text", id: "in2", text: "more" }]);
});

it("reads a shape by the words on it, once", () => {
  const elements = [
    shape("note"),
    words("label", "Bring paper\nand pens", { containerId: "note" }),
    shape("bare", { type: "ellipse", ...at(0, 400) }),
  ];
  expect(outlineOf(elements)[0]?.items).toEqual([
    { kind: "note", id: "note", text: "Bring paper\nand pens" },
    { kind: "shape", id: "bare", shape: "ellipse" },
  ]);
});

it("says from where to where an arrow leads", () => {
  const elements = [
    shape("a"),
    words("a1", "Seed", { containerId: "a" }),
    words("b", "Tree", at(0, 300)),
    shape("to", {
      ...{ type: "arrow", ...at(0, 600) },
      startBinding: { elementId: "a" },
      endBinding: { elementId: "b" },
    }),
    words("to1", "grows", { containerId: "to", ...at(0, 600) }),
    shape("loose", { type: "arrow", startBinding: null, endBinding: { elementId: "gone" }, ...at(0, 900) }),
  ];
  expect(outlineOf(elements)[0]?.items.filter(({ kind }) => kind === "arrow")).toEqual([
    { kind: "arrow", id: "to", text: "grows", from: "Seed", to: "Tree" },
    { kind: "arrow", id: "loose", text: "", from: null, to: null },
  ]);
});

it("counts strokes and names pictures", () => {
  const elements = [
    shape("s", { type: "freedraw" }),
    shape("l", { type: "line" }),
    shape("i", { type: "image", fileId: "f" }),
  ];
  expect(outlineOf(elements)).toEqual([
    { id: null, title: "", drawings: 2, items: [{ kind: "picture", id: "i" }] },
  ]);
});
