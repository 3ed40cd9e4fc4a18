// After `vite build`: writes .gz and .br beside what compresses, and fails when the first load has grown too large.
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const DIST = new URL("../dist/", import.meta.url).pathname;
const COMPRESSED = /\.(js|css|svg|json|webmanifest)$/;
/** Scripts and styles of the first load, gzipped. */
const MOST_BYTES = 250 * 1024;
/** What is loaded when one opens it: what only this needs is no part of the first load. */
const LATER = /^src\/(board|notes)\//;

function files(folder) {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? files(path) : [path];
  });
}

/** The names of the scripts and styles that a room needs, as the build's manifest tells. */
function firstFiles() {
  const path = join(DIST, ".vite/manifest.json");
  const manifest = JSON.parse(readFileSync(path, "utf8"));
  const reached = new Set();
  const reach = (key) => {
    if (reached.has(key)) return;
    reached.add(key);
    const { imports = [], dynamicImports = [] } = manifest[key];
    for (const next of [...imports, ...dynamicImports.filter((other) => !LATER.test(other))]) reach(next);
  };
  reach("index.html");
  rmSync(join(DIST, ".vite"), { recursive: true });
  return new Set([...reached].flatMap((key) => [manifest[key].file, ...(manifest[key].css ?? [])]));
}

const first = firstFiles();
let firstLoad = 0;
for (const path of files(DIST).filter((file) => COMPRESSED.test(file))) {
  const content = readFileSync(path);
  const gzip = gzipSync(content, { level: 9 });
  const brotli = brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } });
  writeFileSync(`${path}.gz`, gzip);
  writeFileSync(`${path}.br`, brotli);
  const name = path.slice(DIST.length);
  if (first.has(name)) {
    firstLoad += gzip.length;
    process.stdout.write(`${(gzip.length / 1024).toFixed(1).padStart(8)} kB gzip  ${name}\n`);
  }
}

process.stdout.write(
  `${(firstLoad / 1024).toFixed(1).padStart(8)} kB gzip  first load, at most ${MOST_BYTES / 1024}\n`,
);
if (firstLoad > MOST_BYTES) {
  process.stderr.write("The first load is too large.\n");
  process.exitCode = 1;
}
