import { afterEach, expect, test } from "vitest";
import { meshPod } from "../test/builders/mesh-cluster.ts";
import { pendingPod, type SchedulerBench, schedulerBench } from "../test/builders/scheduler-bench.ts";
import { explainTable } from "./explain-table.ts";
import { explanationSchema } from "./explanation-schema.ts";

let bench: SchedulerBench | undefined;
afterEach(() => bench?.stop());

/** a and b are in one zone, c and d in another; amf talks to nrf on a at 1000 B/s and to udm on c at 600 B/s. */
async function twoZones(config: Record<string, unknown>): Promise<SchedulerBench> {
  bench = await schedulerBench({
    nodes: { a: "1", b: "1", c: "2", d: "2" },
    pods: [meshPod("nrf-0", "a"), meshPod("udm-0", "c")],
    flows: { "amf>nrf": 1000, "amf>udm": 600 },
    config,
  });
  return bench;
}

const measured = { costs: "measured", measuredCosts: { pairsMin: 1 } };
/** The second zone's nodes are far apart, nearly as far as the zones themselves. */
const roundTrips = { "a>a": 0.1, "a>b": 0.5, "c>d": 4, "a>c": 5, "b>d": 5 };

interface Explained {
  readonly pricing: object;
  readonly nodes: readonly { readonly node: string; readonly worth: number; readonly cost: number }[];
}

async function explained(of: SchedulerBench): Promise<Explained> {
  return (await of.get("/v1/explain/core/amf-x")).json.prioritize as Explained;
}

test("by configured costs a node is near all of its zone alike, whatever is measured", async () => {
  const of = await twoZones({});
  of.measure(roundTrips);
  expect(await of.scores(pendingPod("amf"))).toEqual({ a: 10, b: 6, c: 2, d: 0 });
  expect((await explained(of)).pricing).toEqual({ source: "configured", unit: "configured cost" });
  expect(await of.metric("weft_scheduler_costs_are_measured")).toBe("0");
});

test("by measured costs a node is as near to its zone as that zone's nodes really are", async () => {
  const of = await twoZones(measured);
  of.measure(roundTrips);
  expect(await of.scores(pendingPod("amf"))).toEqual({ a: 10, b: 9, c: 5, d: 0 });
  expect(await of.metric("weft_scheduler_costs_are_measured")).toBe("1");
  expect(await of.metric("weft_scheduler_measured_pairs")).toBe("5");
});

test("what an explanation says a node costs differs between nodes as their worth does", async () => {
  const of = await twoZones(measured);
  of.measure(roundTrips);
  await of.scores(pendingPod("amf"));
  const { nodes } = await explained(of);
  const [best, ...others] = nodes;
  // From a, the one peer is 0.1 ms away and the other 5.
  expect(best).toMatchObject({ node: "a", cost: expect.closeTo(1000 * 0.1 + 600 * 5, 6) });
  for (const { worth, cost } of others) expect((best?.worth ?? 0) - worth).toBeCloseTo(cost - (best?.cost ?? 0), 6);
});

test("the explanation says that costs are measured, between how many pairs, and how long ago", async () => {
  const of = await twoZones(measured);
  of.measure(roundTrips);
  of.clock.advance(4000);
  await of.scores(pendingPod("amf"));
  const { pricing } = await explained(of);
  expect(pricing).toMatchObject({ source: "measured", unit: "ms of round trip", pairs: 5, groups: 4 });
  expect(pricing).toMatchObject({ localityCosts: { node: 0.1, zone: 2.25, other: 5 }, ageMs: 3999 });
  const { json } = await of.get("/v1/explain/core/amf-x");
  expect(explainTable(explanationSchema.parse(json))).toContain(
    "Costs are bytes/s times ms of round trip, as measured between 5 pairs of nodes, last heard of 4.0 s before.",
  );
});

test("until enough is measured the configured costs count, and the explanation says why", async () => {
  const of = await twoZones({ costs: "measured" });
  of.measure(roundTrips);
  expect(await of.scores(pendingPod("amf"))).toEqual({ a: 10, b: 6, c: 2, d: 0 });
  const { json } = await of.get("/v1/explain/core/amf-x");
  expect(json).toMatchObject({
    prioritize: { pricing: { source: "configured", reason: expect.stringMatching(/too few/) } },
  });
  expect(explainTable(explanationSchema.parse(json))).toContain(
    "as configured: too few distances between nodes are measured.",
  );
  expect(await of.metric("weft_scheduler_costs_are_measured")).toBe("0");
});

test("pairs over the limit make room, and impossible times are refused: both are counted", async () => {
  const of = await twoZones({ measuredCosts: { pairsMax: 2 }, pollIntervalMs: 1000 });
  const sample = (destinationNode: string, leastMs: number) => ({
    ...{ sourceNode: "a", destinationNode, series: "", connections: 1, leastMs },
  });
  of.flowSource.delays = [sample("a", 1), sample("b", 1), sample("c", 1), sample("d", 0)];
  of.clock.advance(1);
  const polling = of.scheduler.poll();
  await of.clock.advanceAsync(1);
  await polling.stop();
  expect(await of.metric("weft_scheduler_measured_pairs")).toBe("2");
  expect(await of.metric("weft_scheduler_dropped_pairs_total")).toBe("1");
  expect(await of.metric("weft_scheduler_refused_delays_total")).toBe("1");
  expect(Number(await of.metric("weft_scheduler_measured_pairs_age_seconds"))).toBeLessThan(1);
});
