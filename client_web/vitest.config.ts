import { defineConfig } from "vitest/config";

export default defineConfig({
  // A timing never decides a test: so long takes none, however busy the machine.
  test: { include: ["tests/**/*.test.{ts,tsx}"], environment: "node", testTimeout: 60_000 },
});
