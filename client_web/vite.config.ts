import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { excalidraw } from "./tools/excalidraw.ts";

/** Where `roundup serve` listens while one works on the client with `npm run dev`. */
const SERVER = process.env.ROUNDUP_URL ?? "http://localhost:8800";

export default defineConfig({
  plugins: [react(), excalidraw()],
  // The server puts a fresh nonce in place of this word for every page that it serves.
  html: { cspNonce: "__CSP_NONCE__" },
  build: {
    target: ["chrome111", "edge111", "firefox120", "safari16.4"],
    // Inlined assets would be data: URLs, which the content security policy has no reason to allow in styles.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // For tools/finish_build.mjs, which removes it again.
    manifest: true,
    // What the first page loads in any case is one file: cut up by who else uses it, it compresses worse.
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: "first", tags: ["$initial"] }] } } },
    // tools/finish_build.mjs watches the size that counts: compressed, all of it.
    chunkSizeWarningLimit: 1_300,
  },
  server: {
    proxy: {
      "/api": SERVER,
      "/s/": SERVER,
      "/socket.io": { target: SERVER, ws: true },
    },
  },
});
