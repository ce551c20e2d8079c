/** `weft explain` as a process, asking a scheduler that listens. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { createLog } from "../../platform/log/pino-log.ts";
import { createMemoryCluster } from "../../platform/memory/memory-cluster.ts";
import { type RunningScheduler, startScheduler } from "../../scheduler/scheduler.ts";
import { schedulerConfigSchema } from "../../scheduler/scheduler-config.ts";
import { meshNode, meshPod } from "../builders/mesh-cluster.ts";
import { counters, pendingPod } from "../builders/scheduler-bench.ts";
import { createManualClock } from "../fakes/manual-clock.ts";
import { createScriptedFlowSource } from "../fakes/scripted-flow-source.ts";
import { type EndedWeft, runWeft } from "../tools/run-weft.ts";

const view = createMemoryCluster();
let scheduler: RunningScheduler;

beforeAll(async () => {
  for (const [name, zone] of [["a", "1"], ["b", "1"], ["c", "2"]] as const) view.nodes.put(meshNode(name, zone)); // biome-ignore format: pairs
  view.pods.put(meshPod("nrf-0", "c"));
  const clock = createManualClock();
  const log = createLog({ level: "silent", name: "test" });
  const config = schedulerConfigSchema.parse({ port: 0, pollIntervalMs: 86_400_000 });
  const flowSource = createScriptedFlowSource(clock);
  scheduler = await startScheduler(config, { view, flowSource, clock, log });
  await clock.advanceAsync(0);
  for (const seconds of [0, 10]) {
    clock.advance(10_000);
    scheduler.graph.observe({ atMs: clock.nowMs(), counters: counters({ "amf>nrf": 1000 }, seconds) });
  }
  const body = JSON.stringify({ Pod: pendingPod("amf"), NodeNames: ["a", "c"] });
  const headers = { "content-type": "application/json" };
  await fetch(`${scheduler.url}/prioritize`, { method: "POST", headers, body });
  view.pods.put({ ...meshPod("amf-x", "a"), uid: "amf-x" });
});
afterAll(() => scheduler.stop());

test("prints every node's score and cost, which flow made it, and where kube-scheduler put the pod", async () => {
  const { exitCode, stdout, stderr } = await weftExplain("pod", "amf-x", "-n", "core");
  expect(stderr).toBe("");
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^pod core\/amf-x of core\/amf, plugin locality$/m);
  expect(stdout).toMatch(/^core\/nrf +1000 +measured .* 1 +c:1$/m);
  expect(stdout).toMatch(
    /^best: c \(score 10 of 10\): 1 kB\/s with core\/nrf \(measured\) stays on the node; the best other node a/m,
  );
  expect(stdout).toMatch(/^c +10 +all +1000 +0 +100 % +0 %/m);
  expect(stdout).toMatch(/^a +0 +all +1000 +\d+ +0 %/m);
  expect(stdout).toMatch(
    /^outcome: bound to a \(score 0 of 10\) although c \(score 10\) was better: 1 kB\/s with core\/nrf/m,
  );
});

test("prints the whole answer with --json", async () => {
  const { stdout } = await weftExplain("pod", "amf-x", "-n", "core", "--json");
  expect(JSON.parse(stdout)).toMatchObject({
    pod: { workload: "core/amf" },
    prioritize: { nodes: [{ node: "c", score: 10, costs: [{ peer: "core/nrf", cost: 0 }] }, { node: "a" }] },
    outcome: { state: "bound", node: "a", verdict: { kind: "elsewhere", score: 0, bestScore: 10 } },
  });
});

test("a pod that the scheduler has not been asked about ends with exit code 64, and says so", async () => {
  const { exitCode, stderr } = await weftExplain("pod", "ghost", "-n", "core");
  expect(stderr).toMatch(/no recent decision about the pod core\/ghost/);
  expect(exitCode).toBe(64);
});

function weftExplain(...args: readonly string[]): Promise<EndedWeft> {
  return runWeft("explain", ...args, "--scheduler-url", scheduler.url);
}
