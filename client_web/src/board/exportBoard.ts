/** A board as a file: PNG, SVG, PDF. All of it is made on this device. */

import { exportToCanvas, exportToSvg } from "@excalidraw/excalidraw";
import type { NonDeletedExcalidrawElement } from "@excalidraw/excalidraw/element/types";
import type { BinaryFiles } from "@excalidraw/excalidraw/types";
import type { BoardCopy } from "../shared/copies";
import type { Paper } from "../shared/paper";
import { pdfOf } from "./pdf";

export interface Drawing {
  elements: readonly NonDeletedExcalidrawElement[];
  files: BinaryFiles;
  title: string;
  paper: Paper;
}

/** Sharp on a good screen; where a board is large, what every browser's canvas can hold. Pixels. */
const MOST_SCALE = 2;
const LONGEST_SIDE = 8_000;
/** On paper about 300 to the inch. */
const PAPER_SIDE = 3_500;
const PADDING = 24;
const WHITE = { exportBackground: true, viewBackgroundColor: "#ffffff", exportWithDarkMode: false };

export async function exportBoard(drawing: Drawing, format: BoardCopy): Promise<Blob> {
  switch (format) {
    case "png":
      return blobOf(await draw(drawing, LONGEST_SIDE, MOST_SCALE));
    case "svg":
      return svgOf(drawing);
    case "pdf":
      return paperOf(drawing);
  }
}

function draw({ elements, files }: Drawing, longest: number, mostScale: number): Promise<HTMLCanvasElement> {
  return exportToCanvas({
    elements,
    files,
    appState: WHITE,
    exportPadding: PADDING,
    getDimensions: (width: number, height: number) => {
      const scale = Math.min(mostScale, longest / Math.max(width, height));
      return { width: width * scale, height: height * scale, scale };
    },
  });
}

function blobOf(canvas: HTMLCanvasElement): Promise<Blob> {
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob === null ? reject(new Error("too large")) : resolve(blob)), "image/png");
  });
}

async function svgOf({ elements, files }: Drawing): Promise<Blob> {
  const svg = await exportToSvg({ elements, files, appState: WHITE, exportPadding: PADDING });
  return new Blob([new XMLSerializer().serializeToString(svg)], { type: "image/svg+xml" });
}

async function paperOf(drawing: Drawing): Promise<Blob> {
  // A small board is not drawn so large that its strokes look thick.
  const canvas = await draw(drawing, PAPER_SIDE, 4);
  const context = canvas.getContext("2d");
  if (context === null) throw new Error("no canvas to draw on");
  const pixels = context.getImageData(0, 0, canvas.width, canvas.height);
  const bytes = await pdfOf(pixels, drawing.paper, drawing.title);
  return new Blob([bytes], { type: "application/pdf" });
}
