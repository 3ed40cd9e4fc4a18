/** A board as a file: PNG, SVG, PDF. All of it is made on this device. */

import { exportToCanvas, exportToSvg } from "@excalidraw/excalidraw";
import type { NonDeletedExcalidrawElement } from "@excalidraw/excalidraw/element/types";
import type { BinaryFiles } from "@excalidraw/excalidraw/types";
import { type Paper, pdfOf } from "./pdf";

export const FORMATS = ["png", "svg", "pdf"] as const;
export type Format = (typeof FORMATS)[number];

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

export async function exportBoard(drawing: Drawing, format: Format): Promise<Blob> {
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

/** Letter where it is usual, A4 elsewhere. `languages` as the browser has them. */
export function paperFor(languages: readonly string[]): Paper {
  const region = languages[0]?.split("-").find((part) => /^[A-Z]{2}$/.test(part));
  return region !== undefined && ["US", "CA", "MX", "PH", "CO", "CL"].includes(region) ? "letter" : "a4";
}

/** Return a file's name that every system takes. */
export function fileName(title: string, format: Format): string {
  const plain = title.replace(/[^\p{L}\p{N} ._-]+/gu, " ").trim();
  return `${plain.slice(0, 80) || "board"}.${format}`;
}

export function download(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  // Firefox reads the address after this.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
