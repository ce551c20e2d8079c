/** Starts one control plane for the whole suite, or says loudly why there is none. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { type ControlPlane, startControlPlane } from "./control-plane.ts";
import { findBinaries } from "./find-binaries.ts";
import "./provision.ts";

/** With `WEFT_REQUIRE_CONTROL_PLANE=1` a machine that cannot run a control plane fails the run instead of skipping the suite. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const found = await findBinaries(say);
  if (found.kind === "unavailable") {
    if (process.env.WEFT_REQUIRE_CONTROL_PLANE === "1") throw new Error(`no control plane: ${found.reason}`);
    say(`SKIPPED control-plane suite: ${found.reason}`);
    project.provide("controlPlane", found);
    return async () => {};
  }
  const folder = mkdtempSync(join(tmpdir(), "weft-control-plane-"));
  const controlPlane = await startControlPlane({ binaries: found.binaries, folder });
  project.provide("controlPlane", { kind: "available", connection: controlPlane.connection });
  return () => tearDown(project, controlPlane, folder);
}

/** The logs stay when a test failed. */
async function tearDown(project: TestProject, controlPlane: ControlPlane, folder: string): Promise<void> {
  await controlPlane.stop();
  if (project.vitest.state.getCountOfFailedTests() === 0) rmSync(folder, { recursive: true, force: true });
  else say(`the control plane's logs are in ${folder}`);
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
