/**
 * Hocuspocus with documents in SQLite, as its own SQLite extension keeps them: the same table and statements, by
 * Node's own SQLite, which need not be compiled. What is not set in the environment is its default.
 *
 * HOCUSPOCUS_PORT, HOCUSPOCUS_DATABASE; HOCUSPOCUS_FLUSH_MS: what comes within it is told together;
 * HOCUSPOCUS_STORE_MS: how long to wait for more before documents are stored.
 */

import { DatabaseSync } from "node:sqlite";
import { Database } from "@hocuspocus/extension-database";
import { Server } from "@hocuspocus/server";

const { HOCUSPOCUS_PORT, HOCUSPOCUS_DATABASE, HOCUSPOCUS_FLUSH_MS, HOCUSPOCUS_STORE_MS } = process.env;

const database = new DatabaseSync(HOCUSPOCUS_DATABASE);
database.exec(
  'CREATE TABLE IF NOT EXISTS "documents" ("name" varchar(255) NOT NULL, "data" blob NOT NULL, UNIQUE(name))',
);
const select = database.prepare('SELECT data FROM "documents" WHERE name = ? ORDER BY rowid DESC');
const upsert = database.prepare(
  'INSERT INTO "documents" ("name", "data") VALUES (?, ?) ON CONFLICT(name) DO UPDATE SET data = excluded.data',
);

const server = new Server({
  address: "127.0.0.1",
  port: Number(HOCUSPOCUS_PORT),
  quiet: true,
  ...(HOCUSPOCUS_FLUSH_MS ? { flushDelay: Number(HOCUSPOCUS_FLUSH_MS) } : {}),
  ...(HOCUSPOCUS_STORE_MS
    ? { debounce: Number(HOCUSPOCUS_STORE_MS), maxDebounce: Number(HOCUSPOCUS_STORE_MS) }
    : {}),
  extensions: [
    new Database({
      fetch: async ({ documentName }) => select.get(documentName)?.data ?? null,
      store: async ({ documentName, state }) => void upsert.run(documentName, state),
    }),
  ],
});
await server.listen();
