import { beforeEach, expect, test } from "vitest";
import type { FlowCounter } from "../../core/model/flow.ts";
import { WeftError } from "../../core/model/weft-error.ts";
import { liveNode, livePod } from "../../test/builders/live-cluster.ts";
import { createManualClock, type ManualClock } from "../../test/fakes/manual-clock.ts";
import { createMemoryProfileStore, type MemoryProfileStore } from "../../test/fakes/memory-profile-store.ts";
import {
  createScriptedFlowSource,
  type ScriptedFlowSource,
  unavailable,
} from "../../test/fakes/scripted-flow-source.ts";
import { type LiveCluster, type LiveInputDeps, liveInput } from "./live-input.ts";

const cluster: LiveCluster = {
  nodes: [liveNode("n2"), liveNode("n1")],
  pods: [
    livePod("smf-0", { on: "n1" }),
    livePod("upf-0"),
    livePod("amf-0", { on: "n2", annotations: { "weft.dev/talks-to": "smf=7, upf=9" } }),
    livePod("kube-system/dns-0", { on: "n2" }),
    livePod("old-0", { phase: "Succeeded", on: "n1" }),
  ],
  services: [],
  serviceFunctions: [],
  serviceFunctionChains: [],
};

let clock: ManualClock;
let flowSource: ScriptedFlowSource;
let profiles: MemoryProfileStore;
let said: string[];
let deps: LiveInputDeps;

beforeEach(() => {
  clock = createManualClock();
  flowSource = createScriptedFlowSource(clock);
  profiles = createMemoryProfileStore();
  said = [];
  deps = {
    readCluster: async () => cluster,
    openFlowSource: async () => flowSource,
    isFlowSourceRequired: false,
    profiles,
    clock,
    say: (line) => said.push(line),
  };
});

function counter(source: string, destination: string, requestBytes: number, responseBytes = 0): FlowCounter {
  const end = (workload: string) => ({ namespace: "core", workload });
  return { source: end(source), destination: end(destination), requestBytes, responseBytes };
}

/** Two readings, ten seconds apart. */
async function observed(after: readonly FlowCounter[] = []) {
  const input = liveInput(deps, { name: "live", observeMs: 10_000 });
  await clock.advanceAsync(1);
  flowSource.counters = after;
  await clock.advanceAsync(10_000);
  return input;
}

test("flows are measured by two readings, both directions together", async () => {
  flowSource.counters = [counter("smf", "upf", 1000), counter("upf", "smf", 0)];
  const { traffic } = await observed([counter("smf", "upf", 2000, 500), counter("upf", "smf", 100)]);
  expect(traffic).toContainEqual({ source: "core/smf", destination: "core/upf", bytesPerSecond: 160 });
  expect(said).toEqual([
    "flows were measured over 10 s by scripted",
    "traffic between 3 pairs of workloads: 1 by measured, 2 by annotation",
  ]);
});

test("what is expected of a workload counts while nothing of it is measured", async () => {
  const lastAtMs = clock.nowMs();
  profiles.profiles.set("core", {
    namespace: "core",
    flows: [
      {
        ...{ source: "amf", destinationNamespace: "core", destination: "smf" },
        ...{ requestBytesPerSecond: 30, responseBytesPerSecond: 10, lastAtMs },
      },
    ],
  });
  flowSource.failure = unavailable();
  const { traffic } = await liveInput(deps, { name: "live", observeMs: 10_000 });
  expect(traffic.map(({ bytesPerSecond }) => bytesPerSecond).sort()).toEqual([40, 9]);
  expect(said).toEqual([
    "flows could not be measured by scripted: nobody answers",
    "traffic between 2 pairs of workloads: 1 by profile, 1 by annotation",
  ]);
});

test("a flow source that was asked for has to answer", async () => {
  flowSource.failure = unavailable();
  const asked = liveInput({ ...deps, isFlowSourceRequired: true }, { name: "live", observeMs: 10_000 });
  await expect(asked).rejects.toMatchObject({ code: "telemetry-unavailable" });
});

test("without time to observe nothing is asked, and profiles that cannot be read are said", async () => {
  profiles.failure = new WeftError("kubernetes-unavailable", "forbidden");
  await liveInput(deps, { name: "live", observeMs: 0 });
  expect(flowSource.readings).toBe(0);
  expect(said).toEqual([
    "traffic profiles cannot be read: forbidden",
    "traffic between 2 pairs of workloads: 2 by annotation",
  ]);
});

test("where no pod has a proxy nothing is waited for", async () => {
  const input = await liveInput(
    { ...deps, openFlowSource: async () => undefined },
    { name: "live", observeMs: 10_000 },
  );
  expect(said[0]).toBe("flows could not be measured: no pod has a proxy that is ready");
  expect(input.nodes.map(({ name }) => name)).toEqual(["n1", "n2"]);
});

test("what is pending is planned, and what the cluster runs on stays", async () => {
  const { pending, isMovable } = await liveInput(deps, { name: "live", observeMs: 0 });
  expect(pending.map(({ name }) => name)).toEqual(["upf-0"]);
  expect(cluster.pods.filter(isMovable).map(({ namespace }) => namespace)).not.toContain("kube-system");
});
