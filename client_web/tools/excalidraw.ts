/**
 * Brings Excalidraw into the house: its fonts are served by us, and the parts of it that would ask other hosts, or that
 * our content security policy rightly refuses (WebAssembly, workers from text, markup), are replaced by small ones of our
 * own in `src/board/standIns`. A build fails when the package has changed so that a replacement finds nothing.
 */

import { createReadStream, readdirSync, readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vite";

/** Where links lead to: modules are known by their real place. */
const PACKAGE = realpathSync(new URL("../node_modules/@excalidraw/excalidraw", import.meta.url).pathname);
const STAND_INS = new URL("../src/board/standIns/", import.meta.url).pathname;
const { version } = JSON.parse(readFileSync(join(PACKAGE, "package.json"), "utf8")) as { version: string };

/** The version is in it: what lies under `assets` may be kept forever. */
const FOLDER = `assets/excalidraw-${version}`;
const FONTS = join(PACKAGE, "dist/prod/fonts");

/** What Excalidraw imports, and what it gets. */
const STAND_IN_OF: Readonly<Record<string, string>> = {
  // A megabyte that draws diagrams from text, and writes markup to do it.
  "@excalidraw/mermaid-to-excalidraw": "nothing.ts",
  // These two scale pictures down with WebAssembly.
  pica: "nothing.ts",
  "image-blob-reduce": "shrinkPicture.ts",
  // Cut fonts down to the letters used with WebAssembly, in a worker.
  "./subset-shared.chunk.js": "wholeFonts.ts",
  "./subset-worker.chunk.js": "nothing.ts",
};
const OTHER_LOCALE = /^\.\/locales\/(?!en-|es-ES-|percentages-)/;

interface Replacement {
  readonly name: string;
  readonly pattern: RegExp;
  readonly by: string;
  /** What of our own is in it, and in which file of the stand-ins. */
  readonly uses?: readonly [string, string];
}

const REPLACEMENTS: readonly Replacement[] = [
  {
    name: "the other host that fonts are asked of when ours fail",
    pattern: /"ASSETS_FALLBACK_URL",`https:\/\/esm\.sh\/.*?\/dist\/prod\/`\)/,
    by: `"ASSETS_FALLBACK_URL",new URL("/${FOLDER}/",location.origin).href)`,
  },
  {
    name: "the worker that cuts fonts down",
    pattern: /=typeof Worker<"u"(,\w+=async\(\w+,\w+\)=>\{let\{Commands:)/,
    by: "=!1$1",
  },
  {
    name: "the reading of pasted markup: its text is pasted, pictures in it are not fetched",
    pattern: /(let (\w+)=\w+\.clipboardData\?\.getData\(\w+\.html\);)if\(!\2\)return null;/,
    by: "return null;$1",
  },
  {
    name: "the drawing of diagrams from pasted text",
    pattern:
      /if\((\w+)\.text&&\w+\(\1\.text\)\)(\{let \w+=await import\("@excalidraw\/mermaid-to-excalidraw"\))/,
    by: "if(!1)$2",
  },
  {
    name: "the drawing of all of a scene in one frame",
    pattern:
      /(pendingFlowchartNodes\?\.forEach\(.{1,60}console\.error\(\w+\)\}\}\)\},\w+=\w+\((\w+)=>\{)(\w+)\(\2\)(\},\{trailing:!0\}\),\w+=\((\w+),(\w+)\)=>\{if\(\6\)\{\w+\(\5\);return\})\3\(\5\)/,
    by: "$1drawPaced($3,$2)$4drawPaced($3,$5)",
    uses: ["drawPaced", "paced.ts"],
  },
  {
    name: "the canvas of each stroke",
    pattern: /(case"freedraw":\{if\([\w$]+\.generateElementShape\(([\w$]+),null\),)([\w$]+\.isExporting)\)/,
    by: "$1$3||isDrawnDirectly($2))",
    uses: ["isDrawnDirectly", "directly.ts"],
  },
  {
    name: "the canvas of each line",
    pattern:
      /(case"embeddable":\{if\([\w$]+\.generateElementShape\(([\w$]+),[\w$]+\),)([\w$]+\.isExporting)\)/,
    by: "$1$3||isDrawnDirectly($2))",
  },
  {
    name: "the writing of a stroke's outline",
    pattern:
      /(function \w+\((\w+)\)\{)if\(!\2\.length\)return"";[^;]{1,40};return \2\.reduce\(.{1,120}\.replace\(\w+,"\$1"\)/,
    by: "$1return strokePath($2)",
    uses: ["strokePath", "strokePath.ts"],
  },
];

export function excalidraw(): Plugin {
  const missing = new Set(REPLACEMENTS);
  let isUsed = false;
  return {
    name: "excalidraw",
    enforce: "pre",
    resolveId(source, importer) {
      if (importer === undefined || !importer.startsWith(PACKAGE)) return null;
      const file = STAND_IN_OF[source] ?? (OTHER_LOCALE.test(source) ? "nothing.ts" : undefined);
      return file === undefined ? null : join(STAND_INS, file);
    },
    transform(code, id) {
      if (!id.startsWith(join(PACKAGE, "dist/prod"))) return null;
      isUsed = true;
      let changed = code;
      for (const replacement of REPLACEMENTS) {
        if (!replacement.pattern.test(changed)) continue;
        changed = changed.replace(replacement.pattern, replacement.by);
        if (replacement.uses !== undefined) changed = importing(replacement.uses) + changed;
        missing.delete(replacement);
      }
      return changed === code ? null : { code: changed, map: null };
    },
    generateBundle() {
      if (!isUsed) return;
      for (const { name } of missing) this.error(`Excalidraw ${version}: not found: ${name}`);
      for (const path of fontFiles()) {
        const source = readFileSync(join(FONTS, path));
        this.emitFile({ type: "asset", fileName: `${FOLDER}/fonts/${path}`, source });
      }
    },
    /** While one works on the client, the package comes prepared by Vite and knows nothing of the above but the fonts. */
    config: () => ({ define: { __EXCALIDRAW_ASSETS__: JSON.stringify(`/${FOLDER}/`) } }),
    configureServer(server) {
      const known = new Set(fontFiles());
      server.middlewares.use(`/${FOLDER}/fonts/`, (request, response, next) => {
        const path = (request.url ?? "").slice(1);
        if (!known.has(path)) return next();
        response.setHeader("Content-Type", "font/woff2");
        createReadStream(join(FONTS, path)).pipe(response);
      });
    },
  };
}

const importing = ([name, file]: readonly [string, string]) =>
  `import{${name}}from${JSON.stringify(join(STAND_INS, file))};`;

const fontFiles = () =>
  readdirSync(FONTS, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".woff2"));
