import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";
import { expect, it } from "vitest";

const SOURCE = new URL("../src", import.meta.url).pathname;

/** From the wire up to the pages: a folder imports only itself and folders before it. */
const LAYERS = [
  "protocol",
  "i18n",
  "shared",
  "connection",
  "media",
  "state",
  "documents",
  "session",
  "controls",
  "chat",
  "notes",
  "prejoin",
  "board",
  "desk",
  "record",
  "hours",
  "account",
  "room",
  "home",
  "connectionTest",
] as const;
/** What only one place may know, so that it can be changed there. */
const FENCES: Readonly<Record<string, (file: string) => boolean>> = {
  "socket.io-client": (file) => file === "connection/socket.ts",
  "socket.io-msgpack-parser": (file) => file === "connection/socket.ts",
  "@excalidraw/excalidraw": (file) => file.startsWith("board/"),
  "mediasoup-client": (file) => file.startsWith("media/") || file === "session/roomSession.ts",
};
const WITHOUT_VIEWS = ["protocol", "connection", "media", "state", "documents"];
const VIEW_LIBRARIES = /^(react|react-dom|react-i18next|wouter|lucide-react|@mantine\/.*)(\/|$)/;

function files(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return files(path);
    return /\.tsx?$/.test(entry.name) ? [relative(SOURCE, path)] : [];
  });
}

const imports = files(SOURCE).flatMap((file) => {
  const text = readFileSync(join(SOURCE, file), "utf8");
  return [...text.matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g)].map(([, name = ""]) => ({ file, name }));
});

const layerOf = (path: string) => LAYERS.findIndex((layer) => path.startsWith(`${layer}/`));

it("points from pages to the wire, never back", () => {
  expect(imports.length).toBeGreaterThan(200);
  const wrong = imports.filter(({ file, name }) => {
    if (!name.startsWith(".") || layerOf(file) === -1) return false;
    return layerOf(normalize(join(dirname(file), name))) > layerOf(file);
  });
  expect(wrong).toEqual([]);
});

it("knows every folder", () => {
  const folders = readdirSync(SOURCE, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  expect(folders.map((entry) => entry.name).sort()).toEqual([...LAYERS].sort());
});

it("keeps Socket.IO, mediasoup and Excalidraw behind their fences", () => {
  const wrong = imports.filter(({ file, name }) => FENCES[name] !== undefined && !FENCES[name](file));
  expect(wrong).toEqual([]);
});

it("keeps views out of connection, media and state", () => {
  const wrong = imports.filter(
    ({ file, name }) =>
      WITHOUT_VIEWS.some((layer) => file.startsWith(`${layer}/`)) && VIEW_LIBRARIES.test(name),
  );
  expect(wrong).toEqual([]);
});
