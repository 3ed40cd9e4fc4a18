/** Which strokes and lines are drawn without a canvas of their own, which would be as large as a screen and nearly empty. */

interface Element {
  readonly type: string;
  readonly width: number;
  readonly height: number;
  readonly points?: readonly unknown[];
  readonly [field: string]: unknown;
}

/** Below this many square scene units a canvas is quicker: it is drawn once, and then copied. */
const LEAST_AREA = 2_000_000;

/** Tell whether an element looks the same without a canvas of its own, and is less work. */
export function isDrawnDirectly(element: Element): boolean {
  const { type, width, height, points } = element;
  if (type !== "freedraw" && type !== "line" && type !== "arrow") return false;
  if (points === undefined || width * height < LEAST_AREA) return false;
  // What is seen through shows where its parts lie on one another; dashes are many; a text on an arrow is cut out of it.
  return (
    element.opacity === 100 &&
    element.strokeStyle === "solid" &&
    element.backgroundColor === "transparent" &&
    !(Array.isArray(element.boundElements) && element.boundElements.some((one) => one?.type === "text"))
  );
}
