import { afterEach, expect, test } from "vitest";
import { meshPod } from "../test/builders/mesh-cluster.ts";
import {
  pendingPod,
  type SchedulerBench,
  type SchedulerBenchOptions,
  schedulerBench,
} from "../test/builders/scheduler-bench.ts";
import { neutralReasons } from "./neutral.ts";

let bench: SchedulerBench | undefined;
afterEach(() => bench?.stop());

const flows = { "amf>nrf": 1000 };
const pods = [meshPod("nrf-0", "a")];

interface NeutralCase {
  readonly reason: keyof typeof neutralReasons;
  readonly options: SchedulerBenchOptions;
  readonly app?: string;
  readonly waitMs?: number;
}

const cases: readonly NeutralCase[] = [
  { reason: "view-unsynced", options: { pods, flows, hasSynced: false } },
  { reason: "telemetry-missing", options: { pods } },
  { reason: "telemetry-stale", options: { pods, flows }, waitMs: 300_001 },
  { reason: "flows-unknown", options: { pods, flows }, app: "stranger" },
  { reason: "flows-unknown", options: { pods, flows: { "amf>nrf": 0.5 } } },
  { reason: "nodes-alike", options: { flows, pods, nodes: { b: "1", c: "1" } } },
];

test.each(cases)(
  "$reason makes all scores the same, is counted and explained",
  async ({ reason, options, app = "amf", waitMs = 0 }) => {
    bench = await schedulerBench(options);
    bench.clock.advance(waitMs);
    const scores = await bench.scores(pendingPod(app));
    expect(new Set(Object.values(scores))).toEqual(new Set([0]));
    expect(await bench.metric(`weft_scheduler_neutral_answers_total{reason="${reason}"}`)).toBe("1");
    const { json } = await bench.get(`/v1/explain/core/${app}-x`);
    expect(json.prioritize).toMatchObject({
      neutral: { reason, message: neutralReasons[reason] },
    });
  },
);

test("a pod whose peers stand nowhere is anchored, and its peer follows it before anybody sees it bound", async () => {
  bench = await schedulerBench({ flows });
  expect(await bench.scores(pendingPod("amf"))).toEqual({ a: 2, b: 0, c: 0 });
  expect(await bench.metric('weft_scheduler_neutral_answers_total{reason="peers-unplaced"}')).toBe("1");
  const { json } = await bench.get("/v1/explain/core/amf-x");
  expect(json.prioritize).toMatchObject({ neutral: { reason: "peers-unplaced" }, anchor: { node: "a" } });
  expect(await bench.scores(pendingPod("nrf"))).toMatchObject({ a: 10 });
});

test("the published greedy score has no anchors", async () => {
  bench = await schedulerBench({ flows, config: { plugin: "netmarks" } });
  expect(await bench.scores(pendingPod("amf"))).toEqual({ a: 0, b: 0, c: 0 });
});

test("a failure of our own is neutral too, and blocks nobody", async () => {
  bench = await schedulerBench({ pods, flows });
  const broken = bench.scheduler.graph as { neighboursOf: unknown };
  broken.neighboursOf = () => {
    throw new Error("a bug");
  };
  expect(await bench.scores(pendingPod("amf"))).toEqual({ a: 0, b: 0, c: 0 });
  expect(await bench.metric('weft_scheduler_neutral_answers_total{reason="internal-failure"}')).toBe("1");
});

test("scores follow the flows as soon as there are any, and again when they turn", async () => {
  bench = await schedulerBench({ pods: [meshPod("nrf-0", "a"), meshPod("udm-0", "c")] });
  await bench.learn({ "amf>nrf": 1000, "amf>udm": 10 });
  expect(await bench.scores(pendingPod("amf"))).toMatchObject({ a: 10, c: 0 });
  bench.clock.advance(900_000);
  await bench.learn({ "amf>nrf": 10, "amf>udm": 1_000_000 });
  expect(await bench.scores(pendingPod("amf", "y"))).toMatchObject({ a: 0, c: 10 });
});
