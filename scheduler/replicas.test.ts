/** Several replicas of the extender, each of which has heard of the same things in an order of its own. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { type ClusterNode, clusterNodeOf } from "../core/model/cluster-node.ts";
import type { DelaySample, FlowCounter } from "../core/model/flow.ts";
import type { Pod } from "../core/model/pod.ts";
import { chain, meshPod, meshService, serviceFunction } from "../test/builders/mesh-cluster.ts";
import { pendingPod, type SchedulerBench, schedulerBench } from "../test/builders/scheduler-bench.ts";

const apps = ["amf", "smf", "udm", "nrf", "upf"] as const;
const nodeNames = ["n0", "n1", "n2", "n3", "n4", "n5"];

interface World {
  readonly nodes: readonly ClusterNode[];
  readonly pods: readonly Pod[];
  /** Bytes in each of three readings, by counter. */
  readonly readings: readonly (readonly FlowCounter[])[];
  readonly delays: readonly DelaySample[];
}

const anyApp = fc.constantFrom(...apps);
const anyNode = fc.constantFrom(...nodeNames);
const anyLabel = fc.constantFrom("1", "2", "3");

const anyNodes = fc
  .tuple(
    ...nodeNames.map((name) =>
      fc.record({ name: fc.constant(name), zone: anyLabel, region: anyLabel, link: fc.integer({ min: 1, max: 9 }) }),
    ),
  )
  .map((nodes) =>
    nodes.map(({ name, zone, region, link }) => {
      const labels = { "topology.kubernetes.io/zone": zone, "topology.kubernetes.io/region": region };
      return clusterNodeOf({ metadata: { name, labels, annotations: { "weft.dev/link-bandwidth": `${link * 100}` } } });
    }),
  );

const anyPods = fc
  .array(fc.tuple(anyApp, anyNode, fc.constantFrom(undefined, "udm=3.3k,nrf=7.1", "upf,udm=1.7k,upf=333.3,amf=0.3k")), {
    maxLength: 25,
  })
  .map((standing) =>
    standing.map(([app, node, talksTo], index) =>
      meshPod(
        `${app}-${index}`,
        node,
        "",
        talksTo === undefined ? {} : { annotations: { "weft.dev/talks-to": talksTo } },
      ),
    ),
  );

const anyReadings = fc
  .array(fc.tuple(anyApp, anyApp, fc.nat(3), fc.integer({ min: 1, max: 1000 })), {
    minLength: 20,
    maxLength: 60,
  })
  .map((flows) =>
    [0, 1, 2].map((reading) =>
      flows.map(([source, destination, pod, rate], index): FlowCounter => {
        const ends = {
          source: { namespace: "core", workload: source, pod: `${source}-${pod}` },
          destination: { namespace: "core", workload: destination, pod: `${destination}-${index}` },
        };
        // Thirds and sevenths: sums of such rates are rounded, in another way for each order.
        return { ...ends, requestBytes: (reading * rate * 1000) / 3, responseBytes: (reading * rate * 100) / 7 };
      }),
    ),
  );

const anyDelays = fc
  .array(fc.tuple(anyNode, anyNode, fc.integer({ min: 1, max: 50 })), { maxLength: 30 })
  .map((samples) =>
    samples.map(
      ([sourceNode, destinationNode, leastMs], index): DelaySample => ({
        ...{ sourceNode, destinationNode, leastMs: leastMs / 3 },
        ...{ series: `${index}`, connections: 1 },
      }),
    ),
  );

const anyWorld: fc.Arbitrary<World> = fc.record({
  nodes: anyNodes,
  pods: anyPods,
  readings: anyReadings,
  delays: anyDelays,
});

const anySeeds = fc.array(fc.nat(), { minLength: 3, maxLength: 3 });

/** A bench that was told everything in the order of `seed`, some of it while it was asked already. */
async function replicaOf(
  { nodes, pods, readings, ...world }: World,
  seed: number,
  config: object,
): Promise<SchedulerBench> {
  const bench = await schedulerBench({ nodes: {}, config: { ...config } });
  const { view, scheduler, clock } = bench;
  const inOrder = shuffler(seed);
  let { delays } = world;
  view.services.put(meshService("dn"));
  for (const name of inOrder(["fw", "nat"]))
    view.serviceFunctions.put({ ...serviceFunction(name), selector: { app: name === "fw" ? "smf" : "udm" } });
  for (const [index, demand] of inOrder([1000 / 3, 1000 / 7, 0.1, 1e6 / 9, 12.34].entries().toArray()))
    view.serviceFunctionChains.put({
      ...chain(`chain-${index}`, ["fw", "nat"], { demandBytesPerSecond: demand }),
      classifier: { from: { app: "amf" }, to: { service: "dn", port: 80 } },
    });
  for (const node of inOrder(nodes)) view.nodes.put(node);
  for (const [index, pod] of inOrder(pods).entries()) {
    view.pods.put(pod);
    // A pod of which nobody knows anything: the answer is neutral, but the state is brought up to date.
    if (index % 5 === seed % 5) await bench.scores(pendingPod("nobody"), nodeNames);
  }
  for (const counters of readings) {
    clock.advance(1000);
    scheduler.graph.observe({ atMs: clock.nowMs(), counters: inOrder(counters) });
    scheduler.delays.observe(inOrder(delays), clock.nowMs());
    delays = delays.map((sample) => ({ ...sample, connections: sample.connections + 1 }));
  }
  await Promise.resolve();
  return bench;
}

function shuffler(seed: number): <T>(items: readonly T[]) => readonly T[] {
  let state = seed;
  const random = () => {
    // Numerical Recipes' linear congruential generator.
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  return (items) =>
    items
      .map((item) => ({ item, at: random() }))
      .sort((a, b) => a.at - b.at)
      .map(({ item }) => item);
}

interface Explained {
  readonly assumedNode?: string;
  readonly flows: readonly { readonly bytesPerSecond: number }[];
  readonly nodes: readonly { readonly worth: number }[];
}

/** What a replica answers when pods come one after another: each is assumed on its best node when the next is asked about. */
async function answersOf(bench: SchedulerBench): Promise<readonly string[]> {
  const answers: string[] = [];
  for (const [index, app] of [...apps, "amf", "udm"].entries()) {
    const body = { Pod: pendingPod(app, `new${index}`), Nodes: null, NodeNames: nodeNames };
    for (const verb of ["filter", "prioritize"]) answers.push((await bench.ask(verb, body)).body);
    const { json } = await bench.get(`/v1/explain/core/${app}-new${index}`);
    const { assumedNode, flows, nodes } = json.prioritize as Explained;
    // To the last bit, since a difference of any size can turn a score somewhere.
    const [rates, worths] = [flows.map(({ bytesPerSecond }) => bytesPerSecond), nodes.map(({ worth }) => worth)];
    answers.push(JSON.stringify({ assumedNode, rates, worths }));
  }
  return answers;
}

test.each([
  { name: "measured flows", config: { linkFilter: { isEnabled: true } }, isMeasured: true },
  { name: "measured distances", config: { costs: "measured", measuredCosts: { pairsMin: 1 } }, isMeasured: true },
  { name: "the published score", config: { plugin: "netmarks" }, isMeasured: true },
  { name: "expected flows", config: {}, isMeasured: false },
])(
  "replicas that have heard the same in any order answer the same by $name, pod after pod",
  async ({ config, isMeasured }) => {
    await fc.assert(
      fc.asyncProperty(anyWorld, anySeeds, async (world, seeds) => {
        const told = isMeasured ? world : { ...world, readings: [] };
        const replicas = await Promise.all(seeds.map((each) => replicaOf(told, each, config)));
        const [first, ...others] = await Promise.all(replicas.map(answersOf));
        for (const each of others) expect(each).toEqual(first);
        for (const replica of replicas) await replica.stop();
      }),
      { numRuns: 20 },
    );
  },
);
