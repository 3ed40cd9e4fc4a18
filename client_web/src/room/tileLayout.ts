/** How to lay out tiles so that pictures are as large as the space allows. Pure; all lengths in CSS pixels. */

export interface Space {
  width: number;
  height: number;
  gap: number;
}

export interface TileLayout {
  columns: number;
  rows: number;
  tileWidth: number;
  tileHeight: number;
  /** Not everybody fits at a size worth looking at: the tiles are scrolled. */
  isScrolled: boolean;
}

/** Cameras send 16:9. A tile may be narrower, up to a portrait, and shows the middle of the picture then. */
const WIDEST = 16 / 9;
const NARROWEST = 4 / 5;
/** Below this a face is no face any more. */
const LEAST_WIDTH = 136;

/** Choose the number of columns for `count` tiles of one size. */
export function layoutTiles(count: number, space: Space): TileLayout {
  if (count < 1 || space.width <= 0 || space.height <= 0) {
    return { columns: 1, rows: 1, tileWidth: 0, tileHeight: 0, isScrolled: false };
  }
  let best = withColumns(1, count, space);
  for (let columns = 2; columns <= count; columns++) {
    const layout = withColumns(columns, count, space);
    if (worth(layout) > worth(best)) best = layout;
  }
  const least = Math.min(LEAST_WIDTH, space.width);
  return best.tileWidth >= least ? best : scroll(count, space);
}

function withColumns(columns: number, count: number, { width, height, gap }: Space): TileLayout {
  const rows = Math.ceil(count / columns);
  const cellWidth = Math.max(0, (width - gap * (columns - 1)) / columns);
  const cellHeight = Math.max(0, (height - gap * (rows - 1)) / rows);
  const tileWidth = Math.floor(Math.min(cellWidth, cellHeight * WIDEST));
  const tileHeight = Math.floor(Math.min(cellHeight, tileWidth / NARROWEST));
  return { columns, rows, tileWidth, tileHeight, isScrolled: false };
}

/** A tile is worth its area, less what it cuts off the picture; a cut of the sides is a third as bad as a small tile. */
function worth({ tileWidth, tileHeight }: TileLayout): number {
  if (tileWidth <= 0 || tileHeight <= 0) return 0;
  const shown = Math.min(1, tileWidth / tileHeight / WIDEST);
  return tileWidth * tileHeight * Math.cbrt(shown);
}

function scroll(count: number, { width, gap }: Space): TileLayout {
  const columns = Math.max(1, Math.min(count, Math.floor((width + gap) / (LEAST_WIDTH + gap))));
  const tileWidth = Math.floor((width - gap * (columns - 1)) / columns);
  const tileHeight = Math.floor(tileWidth / (4 / 3));
  return { columns, rows: Math.ceil(count / columns), tileWidth, tileHeight, isScrolled: true };
}
