// After `vite build`: writes .gz and .br beside what compresses, and fails when the first load has grown too large.
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const DIST = new URL("../dist/", import.meta.url).pathname;
const MANIFEST = join(DIST, ".vite");
const COMPRESSED = /\.(js|css|svg|json|webmanifest)$/;
/** Scripts and styles that take one into a meeting, gzipped. */
const MOST_BYTES = 250 * 1024;
/** Loaded by itself, and needed for every meeting. All else that is, waits until somebody opens a board or notes. */
const SOON = /^node_modules\/mediasoup-client\//;

function files(folder) {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? files(path) : [path];
  });
}

/** The names of all files that the page loads before a board or notes are opened. */
function firstLoad() {
  const manifest = JSON.parse(readFileSync(join(MANIFEST, "manifest.json"), "utf8"));
  const found = new Set();
  const follow = (key) => {
    const { file, css = [], imports = [], dynamicImports = [] } = manifest[key];
    if (found.has(file)) return;
    for (const name of [file, ...css]) found.add(name);
    for (const next of [...imports, ...dynamicImports.filter((name) => SOON.test(name))]) follow(next);
  };
  follow("index.html");
  return found;
}

const first = firstLoad();
rmSync(MANIFEST, { recursive: true });
let bytes = 0;
for (const path of files(DIST).filter((file) => COMPRESSED.test(file))) {
  const content = readFileSync(path);
  const gzip = gzipSync(content, { level: 9 });
  const brotli = brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } });
  writeFileSync(`${path}.gz`, gzip);
  writeFileSync(`${path}.br`, brotli);
  const name = path.slice(DIST.length);
  if (first.has(name)) {
    bytes += gzip.length;
    process.stdout.write(`${(gzip.length / 1024).toFixed(1).padStart(8)} kB gzip  ${name}\n`);
  }
}

process.stdout.write(
  `${(bytes / 1024).toFixed(1).padStart(8)} kB gzip  first load, at most ${MOST_BYTES / 1024}\n`,
);
if (bytes > MOST_BYTES) {
  process.stderr.write("The first load is too large.\n");
  process.exitCode = 1;
}
