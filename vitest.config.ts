import { defineConfig } from "vitest/config";

/** Three projects by what they need: nothing, loopback sockets, a real control plane. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          // Pure code shares nothing, so the tests may share a process: three times as fast.
          isolate: false,
          include: ["**/*.test.ts"],
          exclude: ["node_modules/**", "test/components/**", "test/control-plane/**"],
          // A bound on what hangs; a busy machine makes properties slow.
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: "components",
          include: ["test/components/**/*.test.ts"],
          // Whole labs and whole meshes: two at a time slow each other down to where their own time limits strike.
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: "control-plane",
          include: ["test/control-plane/**/*.test.ts"],
          globalSetup: ["test/control-plane/global-setup.ts"],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
