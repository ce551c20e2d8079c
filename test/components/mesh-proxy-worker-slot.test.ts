/** The place of a proxy's worker, with real processes. */
import { fork } from "node:child_process";
import { expect, test } from "vitest";
import { WorkerSlot } from "../../mesh-proxy/workers/worker-slot.ts";
import { createManualClock } from "../fakes/manual-clock.ts";
import { silentLog } from "./mesh-proxy-setup.ts";

const missing = "/nowhere/node";
const worker = 'process.send({ kind: "listening" }); process.on("message", () => process.exit(0));';

test("a process that cannot be started fails as one that dies before it listens", async () => {
  const slot = new WorkerSlot({
    ...{ index: 0, clock: createManualClock(), log: silentLog },
    fork: () => fork("worker", { execPath: missing }),
    onListening: () => {},
  });
  await expect(slot.start()).rejects.toThrow(/ENOENT/);
  expect(await slot.stop(0)).toEqual([]);
});

test("a place whose next process cannot be started is filled by the one after it", async () => {
  const clock = createManualClock();
  const programs = [process.execPath, missing, process.execPath];
  let listeningCount = 0;
  const reasons: unknown[] = [];
  const slot = new WorkerSlot({
    ...{ index: 0, clock },
    log: { ...silentLog, error: (_, fields) => reasons.push(fields?.reason) },
    fork: () => fork("worker", { execPath: programs.shift() ?? "", execArgv: ["-e", worker] }),
    onListening: () => listeningCount++,
  });
  await slot.start();
  process.kill(slot.pid ?? 0, "SIGKILL");
  await expect.poll(() => reasons.length).toBe(1);
  clock.advance(1000);
  await expect.poll(() => reasons.length).toBe(2);
  clock.advance(1000);
  await expect.poll(() => listeningCount).toBe(2);
  expect(reasons).toEqual(["ended by SIGKILL", expect.stringContaining("ENOENT")]);
  expect(slot.restartCount).toBe(2);
  await slot.stop(0);
});
