import fc from "fast-check";
import { expect, test } from "vitest";
import type { FlowCounter } from "../model/flow.ts";
import { FlowGraph } from "./flow-graph.ts";

const halfLifeMs = 10_000;
const newGraph = (flowsMax = 1000) => new FlowGraph({ halfLifeMs, flowsMax });

interface CounterParts extends Partial<FlowCounter> {
  readonly from?: string;
  readonly to?: string;
}

function counter({ from = "a", to = "b", ...parts }: CounterParts = {}): FlowCounter {
  return {
    source: { namespace: "ns", workload: from },
    destination: { namespace: "ns", workload: to },
    requestBytes: 0,
    responseBytes: 0,
    ...parts,
  };
}

const reading = (atMs: number, ...counters: FlowCounter[]) => ({ atMs, counters });
const bytes = (requestBytes: number, responseBytes = 0) => ({ requestBytes, responseBytes });

/** A graph that has seen one second of a -> b at 1000 B/s and 200 B/s back. */
function graphOfOneFlow(): FlowGraph {
  const graph = newGraph();
  graph.observe(reading(0, counter()));
  graph.observe(reading(1000, counter(bytes(1000, 200))));
  return graph;
}

const rateOf = (graph: FlowGraph) => graph.flows(0)[0]?.requestBytesPerSecond;

test("a new graph knows nothing and says so", () => {
  const graph = newGraph();
  expect([graph.lastReadingAtMs, graph.version, graph.flowCount]).toEqual([undefined, 0, 0]);
  expect([graph.flows(0), graph.neighboursOf("ns/a"), graph.chainDemand(0)]).toEqual([[], [], []]);
});

test("one reading is no rate yet, and the graph says so", () => {
  const graph = newGraph();
  graph.observe(reading(0, counter(bytes(500))));
  expect([graph.hasRates, rateOf(graph)]).toEqual([false, 0]);
  graph.observe(reading(1000, counter(bytes(900))));
  expect([graph.hasRates, rateOf(graph)]).toEqual([true, 400]);
});

test("request and response bytes are kept apart", () => {
  expect(graphOfOneFlow().flows(1500)).toEqual([
    {
      source: { namespace: "ns", workload: "a" },
      destination: { namespace: "ns", workload: "b" },
      requestBytesPerSecond: 1000,
      responseBytesPerSecond: 200,
      ageMs: 500,
    },
  ]);
});

test("both ends of a flow are each other's neighbours", () => {
  const graph = graphOfOneFlow();
  expect(graph.neighboursOf("ns/a")).toEqual([
    { workload: "ns/b", bytesPerSecond: 1200, sentBytesPerSecond: 1000, receivedBytesPerSecond: 200, lastAtMs: 1000 },
  ]);
  expect(graph.neighboursOf("ns/b")).toMatchObject([
    { workload: "ns/a", bytesPerSecond: 1200, sentBytesPerSecond: 200, receivedBytesPerSecond: 1000 },
  ]);
});

test("replicas that talk among themselves are one neighbour, counted once", () => {
  const graph = newGraph();
  for (const second of [0, 1])
    graph.observe(reading(second * 1000, counter({ from: "a", to: "a", ...bytes(second * 500) })));
  expect(graph.neighboursOf("ns/a")).toMatchObject([{ workload: "ns/a", bytesPerSecond: 500 }]);
});

test("counters of different pods, nodes and series of one pair add up as rates", () => {
  const graph = newGraph();
  const ends = (pod: string) => ({ source: { namespace: "ns", workload: "a", pod } });
  graph.observe(reading(0, counter(ends("a-0")), counter(ends("a-1")), counter({ series: "http" })));
  const grown = bytes(100);
  graph.observe(
    reading(
      1000,
      counter({ ...ends("a-0"), ...grown }),
      counter({ ...ends("a-1"), ...grown }),
      counter({ series: "http", ...grown }),
    ),
  );
  expect(graph.flowCount).toBe(3);
  expect(rateOf(graph)).toBeCloseTo(300, 9);
});

test("one counter's reset does not disturb the others of its pair", () => {
  const graph = newGraph();
  for (const [second, restarting] of [5000, 5100, 60].entries())
    graph.observe(
      reading(
        second * 1000,
        counter({ series: "steady", ...bytes(1_000_000 + second * 100) }),
        counter({ series: "restarting", ...bytes(restarting) }),
      ),
    );
  expect(rateOf(graph)).toBeLessThan(200);
  expect(rateOf(graph)).toBeGreaterThan(160);
});

/** 1000 B/s for a minute by one counter and then for another by the next; the readings' rates after the change. */
function ratesAcross(change: readonly [Partial<FlowCounter>, Partial<FlowCounter>], isOldReported: boolean) {
  const graph = newGraph();
  const rates: { readonly pair: number; readonly chain: number }[] = [];
  for (let second = 0; second <= 120; second += 2) {
    const old = counter({ ...change[0], ...bytes(1000 * Math.min(second, 60)) });
    const fresh = counter({ ...change[1], ...bytes(1000 * (second - 60)) });
    graph.observe(
      reading(second * 1000, ...(second <= 60 || isOldReported ? [old] : []), ...(second >= 60 ? [fresh] : [])),
    );
    const [demand] = graph.chainDemand(0);
    if (second > 60) rates.push({ pair: rateOf(graph) ?? 0, chain: demand?.requestBytesPerSecond ?? 0 });
  }
  return rates;
}

const successions: readonly { readonly name: string; readonly change: readonly Partial<FlowCounter>[] }[] = [
  {
    name: "a new pod of the source's workload",
    change: ["a-0", "a-1"].map((pod) => ({ source: { namespace: "ns", workload: "a", pod } })),
  },
  {
    name: "a new pod of the destination's workload on another node",
    change: ["n1", "n2"].map((node) => ({ destination: { namespace: "ns", workload: "b", pod: `b-${node}`, node } })),
  },
  { name: "a new version of a chain's path", change: [7, 8].map((spi) => ({ hop: { chain: "n6", spi, hop: 1 } })) },
];

test.each(successions)(
  "$name takes over the traffic without counting it twice",
  ({ change: [old = {}, fresh = {}] }) => {
    for (const isOldReported of [true, false])
      for (const { pair, chain } of ratesAcross([old, fresh], isOldReported)) {
        expect(pair).toBeGreaterThan(980);
        expect(pair).toBeLessThan(1020);
        if (old.hop) expect(chain).toBeCloseTo(pair, 6);
      }
  },
);

test("a pair that was forgotten begins anew", () => {
  const graph = graphOfOneFlow();
  const laterMs = 1001 + 20 * halfLifeMs;
  graph.observe(reading(laterMs));
  graph.observe(reading(laterMs + 1000, counter({ series: "new" })));
  graph.observe(reading(laterMs + 2000, counter({ series: "new", ...bytes(300) })));
  expect(rateOf(graph)).toBeCloseTo(300, 9);
});

test("a flow that newer readings leave out fades by half every half-life", () => {
  const graph = graphOfOneFlow();
  graph.observe(reading(1000 + halfLifeMs));
  expect(rateOf(graph)).toBeCloseTo(500, 9);
  graph.observe(reading(1000 + 2 * halfLifeMs));
  expect(rateOf(graph)).toBeCloseTo(250, 9);
});

test("while telemetry is down nothing changes but the age", () => {
  const graph = graphOfOneFlow();
  const version = graph.version;
  expect(graph.flows(1_000_000)).toMatchObject([{ requestBytesPerSecond: 1000, ageMs: 999_000 }]);
  expect(graph.version).toBe(version);
});

test("a flow silent for twenty half-lives is forgotten", () => {
  const graph = graphOfOneFlow();
  graph.observe(reading(1000 + 20 * halfLifeMs + 1));
  expect([graph.flowCount, graph.neighboursOf("ns/a")]).toEqual([0, []]);
});

test("over the limit the flow heard of longest ago is dropped, and counted", () => {
  const graph = newGraph(2);
  graph.observe(reading(0, counter({ to: "x" }), counter({ to: "y" })));
  graph.observe(reading(1000, counter({ to: "x", ...bytes(5) })));
  expect(graph.observe(reading(2000, counter({ to: "z" }))).dropped).toBe(1);
  expect(graph.flows(0).map(({ destination }) => destination.workload)).toEqual(["x", "z"]);
});

const refusals = [
  { name: "a value that is not a number", atMs: 2000, bad: bytes(Number.NaN), reason: "not-finite" },
  { name: "an infinite response", atMs: 2000, bad: bytes(2000, Number.POSITIVE_INFINITY), reason: "not-finite" },
  { name: "a negative value", atMs: 2000, bad: bytes(-1), reason: "negative" },
  { name: "a reading of the same moment", atMs: 1000, bad: bytes(9000), reason: "not-newer" },
  { name: "a reading from the past", atMs: 500, bad: bytes(9000), reason: "not-newer" },
] as const;

test.each(refusals)("$name is refused with its reason, and neither direction is taken in", ({ atMs, bad, reason }) => {
  const graph = graphOfOneFlow();
  const observation = graph.observe(reading(atMs, counter(bad)));
  expect(observation.accepted).toBe(0);
  expect(observation.refused[reason]).toBe(1);
  expect(observation.firstRefused).toEqual({ counter: "ns/a//>ns/b//>>", reason });
  graph.observe(reading(3000, counter(bytes(3000, 600))));
  expect(graph.flows(3000)).toMatchObject([{ ageMs: 0 }]);
  expect(rateOf(graph)).toBeCloseTo(1000, 6);
});

test("a counter that a reading names twice is taken in once", () => {
  const graph = newGraph();
  expect(graph.observe(reading(0, counter(), counter()))).toMatchObject({ accepted: 1, refused: { "not-newer": 1 } });
});

test("a reading without a time changes nothing", () => {
  const graph = graphOfOneFlow();
  graph.observe(reading(Number.NaN, counter(bytes(5000))));
  expect([graph.lastReadingAtMs, rateOf(graph)]).toEqual([1000, 1000]);
});

test("a chain's demand is what arrives at its first hop, over every version of its path", () => {
  const graph = newGraph();
  const hops = (second: number) => [
    counter({ to: "fw", hop: { chain: "ns/n6", spi: 7, hop: 2 }, ...bytes(second * 1000, second * 10) }),
    counter({ from: "fw", to: "dpi", hop: { chain: "ns/n6", spi: 7, hop: 1 }, ...bytes(second * 900) }),
    counter({ from: "dpi", to: "dn", hop: { chain: "ns/n6", spi: 7, hop: 0 }, ...bytes(second * 900) }),
    counter({ to: "fw", series: "new", hop: { chain: "ns/n6", spi: 8, hop: 1 }, ...bytes(second * 50) }),
  ];
  graph.observe(reading(0, ...hops(0)));
  graph.observe(reading(1000, ...hops(1)));
  const [demand] = graph.chainDemand(3000);
  expect(demand).toMatchObject({
    chain: "ns/n6",
    requestBytesPerSecond: 1050,
    responseBytesPerSecond: 10,
    ageMs: 2000,
  });
  expect(demand?.sources).toEqual([
    { namespace: "ns", workload: "a", node: undefined, requestBytesPerSecond: 1050, responseBytesPerSecond: 10 },
  ]);
  expect(demand?.hops.map(({ spi, hop, requestBytesPerSecond }) => [spi, hop, requestBytesPerSecond])).toEqual([
    [7, 2, 1000],
    [7, 1, 900],
    [7, 0, 900],
    [8, 1, 50],
  ]);
});

const anyEnd = fc.record({ namespace: fc.constantFrom("x", "y"), workload: fc.constantFrom("a", "b", "c") });
const anyCounter: fc.Arbitrary<FlowCounter> = fc.record({
  source: anyEnd,
  destination: anyEnd,
  series: fc.constantFrom("1", "2"),
  requestBytes: fc.oneof(fc.nat(), fc.constantFrom(Number.NaN, -1)),
  responseBytes: fc.nat(),
});
const anyReadings = fc.array(
  fc.record({ atMs: fc.integer({ min: 0, max: 100_000 }), counters: fc.array(anyCounter, { maxLength: 10 }) }),
  { maxLength: 8 },
);

test("whatever is read, rates are finite and not negative, and every counter is accounted for", () => {
  fc.assert(
    fc.property(anyReadings, (readings) => {
      const graph = newGraph(5);
      for (const each of readings) {
        const { accepted, refused } = graph.observe(each);
        expect(accepted + Object.values(refused).reduce((a, b) => a + b)).toBe(each.counters.length);
      }
      expect(graph.flowCount).toBeLessThanOrEqual(5);
      for (const { requestBytesPerSecond, responseBytesPerSecond } of graph.flows(0))
        for (const rate of [requestBytesPerSecond, responseBytesPerSecond])
          expect(Number.isFinite(rate) && rate >= 0).toBe(true);
    }),
  );
});

test("what a workload sends its peer, the peer receives from it", () => {
  fc.assert(
    fc.property(anyReadings, (readings) => {
      const graph = newGraph();
      for (const each of readings) graph.observe(each);
      for (const workload of graph.workloads())
        for (const there of graph.neighboursOf(workload).filter((neighbour) => neighbour.workload !== workload)) {
          const back = graph.neighboursOf(there.workload).find((neighbour) => neighbour.workload === workload);
          expect(back?.receivedBytesPerSecond).toBeCloseTo(there.sentBytesPerSecond, 6);
          expect(back?.sentBytesPerSecond).toBeCloseTo(there.receivedBytesPerSecond, 6);
        }
    }),
  );
});
