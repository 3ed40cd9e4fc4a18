/** In place of what writes a stroke's outline as a path of SVG: the same, without looking for its numbers in a text. */

type Point = readonly [number, number];

/** Return curves through the middles between the points of a closed outline, to a hundredth of a unit. */
export function strokePath(outline: readonly Point[]): string {
  const [first] = outline;
  if (first === undefined) return "";
  let path = `M ${written(first)} Q`;
  for (const [at, point] of outline.entries()) {
    path += ` ${written(point)} ${written(middle(point, outline[at + 1] ?? first))}`;
  }
  return `${path} L ${written(first)} Z`;
}

const middle = ([ax, ay]: Point, [bx, by]: Point): Point => [(ax + bx) / 2, (ay + by) / 2];

const written = ([x, y]: Point) => `${hundredths(x)},${hundredths(y)}`;

const hundredths = (value: number) => Math.trunc(value * 100) / 100;
