/**
 * One element of a board as it stands in the document: written with only what others need, read as if a stranger had
 * written it. What no drawing needs is left out, so that nothing in a document can slow, break or deceive a page.
 */

import {
  choice,
  color,
  count,
  flag,
  fractionalIndex,
  identifier,
  idList,
  link,
  number,
  text,
  within,
} from "./fields";
import { fromFlat, isFlat, type Point } from "./points";

/** An element of Excalidraw's, as far as the board's own code looks into it. */
export interface BoardElement {
  readonly id: string;
  readonly type: string;
  readonly version: number;
  readonly versionNonce: number;
  readonly index?: string | null;
  readonly isDeleted: boolean;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly points?: readonly Point[];
  readonly pressures?: readonly number[];
  readonly simulatePressure?: boolean;
  readonly fileId?: string | null;
  readonly [field: string]: unknown;
}

/** No honest element comes near; a page parses no more. In UTF-16 units. */
export const MOST_JSON = 100_000;
/** More points than this of a line stand beside it, where they can be added to. */
export const MOST_INLINE_POINTS = 16;
const MOST_TEXT = 20_000;
/** How far from the origin something may lie, and how large it may be. Scene units. */
const FARTHEST = 1_000_000;
const LARGEST = 50_000;
/** A hatched area beyond this is filled instead: each stroke of the hatching costs. Square scene units. */
const LARGEST_HATCHED = 4_000_000;

type Reader = (value: unknown) => unknown;
type Readers = Readonly<Record<string, Reader>>;

const position = number(-FARTHEST, FARTHEST);
const extent = number(0, LARGEST);

const COMMON: Readers = {
  id: identifier,
  x: position,
  y: position,
  width: extent,
  height: extent,
  angle: within(-7, 7, 0),
  strokeColor: color("#1e1e1e"),
  backgroundColor: color("transparent"),
  fillStyle: choice(["solid", "hachure", "cross-hatch", "zigzag"]),
  strokeWidth: within(0.5, 32, 2),
  strokeStyle: choice(["solid", "dashed", "dotted"]),
  roundness: readRoundness,
  roughness: within(0, 4, 1),
  opacity: within(0, 100, 100),
  seed: count,
  index: fractionalIndex,
  groupIds: idList,
  frameId: nullable(identifier),
  boundElements: readBoundElements,
  link,
  locked: flag(false),
};

const ARROWHEADS = [
  ...["arrow", "bar", "dot", "circle", "circle_outline", "triangle", "triangle_outline", "diamond"],
  ...["diamond_outline", "crowfoot_one", "crowfoot_many", "crowfoot_one_or_many"],
];
const arrowhead = (value: unknown) =>
  typeof value === "string" && ARROWHEADS.includes(value) ? value : null;

const LINEAR: Readers = {
  startBinding: readBinding,
  endBinding: readBinding,
  startArrowhead: arrowhead,
  endArrowhead: arrowhead,
};

const OF_TYPE: Readonly<Record<string, Readers>> = {
  rectangle: {},
  diamond: {},
  ellipse: {},
  line: LINEAR,
  arrow: {
    ...LINEAR,
    elbowed: flag(false),
    fixedSegments: readFixedSegments,
    startIsSpecial: nullable(flag(false)),
    endIsSpecial: nullable(flag(false)),
  },
  freedraw: { simulatePressure: flag(true) },
  text: {
    fontSize: within(1, 2_000, 20),
    fontFamily: (value) => within(1, 8, 5)(Math.round(Number(value))),
    text: text(MOST_TEXT),
    originalText: text(MOST_TEXT),
    textAlign: choice(["left", "center", "right"]),
    verticalAlign: choice(["top", "middle", "bottom"]),
    containerId: nullable(identifier),
    autoResize: flag(true),
    lineHeight: within(0.5, 4, 1.25),
  },
  image: { fileId: nullable(identifier), scale: readScale, crop: readCrop },
  frame: { name: nullable(text(200)) },
};

/** Tell whether a board has a place for elements of this type: no web pages in frames, nothing made by machines. */
export const isBoardType = (type: unknown): type is string =>
  typeof type === "string" && Object.hasOwn(OF_TYPE, type);

/** Tell whether an element's points stand beside it, in a sequence of their own. */
export const hasOwnPoints = ({ type, points }: BoardElement): boolean =>
  type === "freedraw" || (points?.length ?? 0) > MOST_INLINE_POINTS;

/** A line's size follows from its points, which grow while one draws: written, it would have to be written every time. */
const FOLLOWS_FROM_POINTS = new Set(["width", "height"]);

/**
 * Return an element as JSON, always with the same fields in the same order. It has no version: which of two is newer the
 * document decides. Points are left out where `hasOwnPoints`.
 */
export function writeElement(element: BoardElement): string {
  const written: Record<string, unknown> = { type: element.type };
  for (const field of [...Object.keys(COMMON), ...Object.keys(OF_TYPE[element.type] ?? {})]) {
    if (!isLinear(element.type) || !FOLLOWS_FROM_POINTS.has(field)) written[field] = element[field];
  }
  if (element.points !== undefined && !hasOwnPoints(element)) written.points = element.points;
  return JSON.stringify(written);
}

/**
 * Return the element that `json` and `flat` (its points, if they stand beside it) describe, or null for what is none.
 * Doubtful looks become usual ones; without a sound place, size or content there is no element.
 */
export function readElement(id: string, json: unknown, flat: unknown): BoardElement | null {
  if (typeof json !== "string" || json.length > MOST_JSON) return null;
  const raw = parseObject(json);
  if (raw === null || raw.id !== id || !isBoardType(raw.type)) return null;
  const element: Record<string, unknown> = { type: raw.type };
  const sized = isLinear(raw.type) ? { ...raw, width: 0, height: 0 } : raw;
  for (const readers of [COMMON, OF_TYPE[raw.type] ?? {}]) {
    for (const [field, read] of Object.entries(readers)) {
      const value = read(sized[field]);
      if (value === undefined) return null;
      element[field] = value;
    }
  }
  if (isLinear(raw.type) && !addPoints(element, raw, flat)) return null;
  soften(element);
  return { ...element, version: 1, versionNonce: 0, isDeleted: false } as BoardElement;
}

const isLinear = (type: unknown) => type === "line" || type === "arrow" || type === "freedraw";

function parseObject(json: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

/** Give a line its points and the size that follows from them. Return whether they are sound. */
function addPoints(element: Record<string, unknown>, raw: Record<string, unknown>, flat: unknown): boolean {
  const hasPressure = element.type === "freedraw" && element.simulatePressure === false;
  const numbers = Array.isArray(raw.points) ? raw.points.flat() : flat;
  if (!isFlat(numbers, FARTHEST)) return false;
  const { points, pressures } = fromFlat(numbers, hasPressure);
  if (points.length < (element.type === "freedraw" ? 1 : 2)) return false;
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
  const width = Math.max(...xs) - Math.min(...xs);
  const height = Math.max(...ys) - Math.min(...ys);
  if (width > LARGEST || height > LARGEST) return false;
  Object.assign(element, { points, width, height, lastCommittedPoint: null });
  if (element.type === "freedraw") element.pressures = pressures;
  return true;
}

function soften(element: Record<string, unknown>): void {
  const area = Number(element.width) * Number(element.height);
  if (area > LARGEST_HATCHED && element.fillStyle !== "solid") element.fillStyle = "solid";
  if (element.type === "image") element.status = "saved";
}

function nullable(read: Reader): Reader {
  return (value) => (value === null || value === undefined ? null : (read(value) ?? null));
}

function asObject(value: unknown): Record<string, unknown> | null {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null;
}

function readRoundness(value: unknown): unknown {
  const type = asObject(value)?.type;
  return type === 1 || type === 2 || type === 3 ? { type } : null;
}

function readBoundElements(value: unknown): unknown {
  if (!Array.isArray(value)) return null;
  return value.slice(0, 200).flatMap((entry) => {
    const bound = asObject(entry);
    const id = identifier(bound?.id);
    return id !== undefined && (bound?.type === "arrow" || bound?.type === "text")
      ? [{ id, type: bound.type }]
      : [];
  });
}

function readBinding(value: unknown): unknown {
  const binding = asObject(value);
  const elementId = identifier(binding?.elementId);
  if (binding === null || elementId === undefined) return null;
  const focus = within(-1_000, 1_000, 0)(binding.focus);
  const gap = within(0, 10_000, 1)(binding.gap);
  const fixed = binding.fixedPoint;
  if (!Array.isArray(fixed)) return { elementId, focus, gap };
  const ratio = within(-1_000, 1_000, 0.5);
  return { elementId, focus, gap, fixedPoint: [ratio(fixed[0]), ratio(fixed[1])] };
}

function readFixedSegments(value: unknown): unknown {
  if (!Array.isArray(value)) return null;
  const place = within(-FARTHEST, FARTHEST, 0);
  const point = (of: unknown) => (Array.isArray(of) ? [place(of[0]), place(of[1])] : [0, 0]);
  return value.slice(0, 100).flatMap((entry) => {
    const segment = asObject(entry);
    if (segment === null) return [];
    return [
      { start: point(segment.start), end: point(segment.end), index: within(0, 1_000, 1)(segment.index) },
    ];
  });
}

function readScale(value: unknown): unknown {
  if (!Array.isArray(value)) return [1, 1];
  return [value[0], value[1]].map((side) => (side === -1 ? -1 : 1));
}

const CROP = ["x", "y", "width", "height", "naturalWidth", "naturalHeight"];

function readCrop(value: unknown): unknown {
  const crop = asObject(value);
  if (crop === null) return null;
  const sides = CROP.map((side) => [side, extent(crop[side])]);
  return sides.some(([, length]) => length === undefined) ? null : Object.fromEntries(sides);
}
