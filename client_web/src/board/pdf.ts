/** Writes a PDF of one page with one picture on it: all that a board needs of the format (ISO 32000-1). */

import type { Paper } from "../shared/paper";

/** Points, 72 to the inch, landscape. */
const SIZES: Readonly<Record<Paper, readonly [number, number]>> = {
  a4: [841.89, 595.28],
  letter: [792, 612],
};

const MARGIN = 28;

export interface Pixels {
  width: number;
  height: number;
  /** Red, green, blue and alpha of each pixel, as a canvas has them. */
  data: Uint8ClampedArray;
}

/** Return the document's bytes: the picture as large as it fits, in the middle of a landscape page. */
export async function pdfOf(picture: Pixels, paper: Paper, title: string): Promise<Uint8Array<ArrayBuffer>> {
  const [pageWidth, pageHeight] = SIZES[paper];
  const [width, height] = fitted(picture, pageWidth - 2 * MARGIN, pageHeight - 2 * MARGIN);
  const [left, bottom] = [(pageWidth - width) / 2, (pageHeight - height) / 2];
  const drawing = `q ${fixed(width)} 0 0 ${fixed(height)} ${fixed(left)} ${fixed(bottom)} cm /P Do Q`;
  const colors = await deflate(withoutAlpha(picture.data));
  const file = new PdfFile();
  file.add("<< /Type /Catalog /Pages 2 0 R >>");
  file.add("<< /Type /Pages /Kids [3 0 R] /Count 1 >>");
  file.add(
    `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 ${pageWidth} ${pageHeight}] /Contents 4 0 R ` +
      "/Resources << /XObject << /P 5 0 R >> >> >>",
  );
  file.add(`<< /Length ${drawing.length} >>`, ascii(drawing));
  file.add(
    `<< /Type /XObject /Subtype /Image /Width ${picture.width} /Height ${picture.height} ` +
      `/ColorSpace /DeviceRGB /BitsPerComponent 8 /Filter /FlateDecode /Length ${colors.length} >>`,
    colors,
  );
  file.add(`<< /Title <${utf16Hex(title)}> /Producer (Roundup) >>`);
  return file.finish({ root: 1, info: 6 });
}

/** Collects objects, and knows where each begins. */
class PdfFile {
  // The second line's bytes tell whoever passes the file on that it is not text.
  readonly #parts: Uint8Array[] = [ascii("%PDF-1.4\n"), new Uint8Array([37, 226, 227, 207, 211, 10])];
  readonly #offsets: number[] = [];
  #size = this.#parts.reduce((sum, part) => sum + part.length, 0);

  add(dictionary: string, stream?: Uint8Array): void {
    this.#offsets.push(this.#size);
    this.#write(ascii(`${this.#offsets.length} 0 obj\n${dictionary}\n`));
    if (stream !== undefined) {
      this.#write(ascii("stream\n"));
      this.#write(stream);
      this.#write(ascii("\nendstream\n"));
    }
    this.#write(ascii("endobj\n"));
  }

  finish({ root, info }: { root: number; info: number }): Uint8Array<ArrayBuffer> {
    const start = this.#size;
    const count = this.#offsets.length + 1;
    // Each entry is exactly 20 bytes long, its line end included.
    const entries = this.#offsets.map((offset) => `${String(offset).padStart(10, "0")} 00000 n \n`);
    this.#write(ascii(`xref\n0 ${count}\n0000000000 65535 f \n${entries.join("")}`));
    this.#write(ascii(`trailer\n<< /Size ${count} /Root ${root} 0 R /Info ${info} 0 R >>\n`));
    this.#write(ascii(`startxref\n${start}\n%%EOF\n`));
    return concatenated(this.#parts, this.#size);
  }

  #write(part: Uint8Array): void {
    this.#parts.push(part);
    this.#size += part.length;
  }
}

function fitted({ width, height }: Pixels, mostWidth: number, mostHeight: number): [number, number] {
  const scale = Math.min(mostWidth / width, mostHeight / height);
  return [width * scale, height * scale];
}

function withoutAlpha(data: Uint8ClampedArray): Uint8Array<ArrayBuffer> {
  const colors = new Uint8Array((data.length / 4) * 3);
  for (let from = 0, to = 0; from < data.length; from += 4, to += 3) {
    colors[to] = data[from] ?? 0;
    colors[to + 1] = data[from + 1] ?? 0;
    colors[to + 2] = data[from + 2] ?? 0;
  }
  return colors;
}

/** PDF's FlateDecode is zlib's format, which the platform calls `deflate`. */
async function deflate(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const packed = new Blob([bytes]).stream().pipeThrough(new CompressionStream("deflate"));
  return new Uint8Array(await new Response(packed).arrayBuffer());
}

function concatenated(parts: readonly Uint8Array[], size: number): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function utf16Hex(text: string): string {
  const units = [0xfeff, ...Array.from({ length: text.length }, (_, at) => text.charCodeAt(at))];
  return units.map((unit) => unit.toString(16).padStart(4, "0")).join("");
}

const ascii = (text: string) => new TextEncoder().encode(text);
const fixed = (length: number) => length.toFixed(2);
