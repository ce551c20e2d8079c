import fc from "fast-check";
import { expect, test } from "vitest";
import { groupCosts, levelsOf } from "../../core/model/group-costs.ts";
import { defaultLocalityCosts, type Locality, type Place } from "../../core/model/locality.ts";
import { Topology } from "../../core/model/topology.ts";
import { type MeasuredCosts, measuredCosts } from "./measured-costs.ts";

/** Two zones of one region with three nodes each, and a node elsewhere. */
const places: readonly Place[] = [
  ...["a", "b", "c"].map((node) => ({ node, zone: "1", region: "eu" })),
  ...["d", "e", "f"].map((node) => ({ node, zone: "2", region: "eu" })),
  { node: "x", zone: "1", region: "us" },
];
const topology = new Topology(places);

/** Round trips by `a>b`. */
function costsOf(roundTrips: Readonly<Record<string, number>>, pairsMin = 2): MeasuredCosts | undefined {
  const pairs = Object.entries(roundTrips).map(([pair, roundTripMs]) => {
    const [a = "", b = ""] = pair.split(">");
    return { a, b, roundTripMs, lastAtMs: 0 };
  });
  return measuredCosts(topology, pairs, { pairsMin, localityCosts: defaultLocalityCosts });
}

const groupOfNode = (locality: Exclude<Locality, "other">, node: string) =>
  topology.grouping(locality).groupOfNode[topology.indexOf(node)] ?? -1;
const costAt = (costs: MeasuredCosts | undefined, locality: Locality, node: string) =>
  costs?.costOf(locality, locality === "other" ? 0 : groupOfNode(locality, node));

test("a group costs the median of the pairs whose smallest common group it is", () => {
  const costs = costsOf({ "a>b": 1, "b>c": 9, "a>c": 1.2, "d>e": 3, "e>f": 5, "a>d": 8, "b>e": 9, "c>f": 7 });
  expect(costAt(costs, "zone", "a")).toBe(1.2);
  expect(costAt(costs, "zone", "d")).toBe(4);
  expect(costAt(costs, "region", "a")).toBe(8);
  expect(costs).toMatchObject({ pairCount: 8, groupCount: 3 });
});

test("a group with too few pairs costs the median of its locality", () => {
  const costs = costsOf({ "a>b": 1, "b>c": 1, "d>e": 3 });
  expect(costAt(costs, "zone", "d")).toBe(1);
  expect(costs?.localityCosts.zone).toBe(1);
});

test("nodes share one cost, for each has only one pair with itself", () => {
  const costs = costsOf({ "a>a": 0.1, "d>d": 0.3, "a>b": 1, "b>c": 1 });
  expect(["a", "b", "d"].map((node) => costAt(costs, "node", node))).toEqual([0.2, 0.2, 0.2]);
});

test("what is not measured at all costs what is configured, in the unit of what is", () => {
  const costs = costsOf({ "a>b": 1, "b>c": 1 });
  expect(costs?.localityCosts).toEqual({ node: 0, rack: 0.5, zone: 1, region: 2.5, other: 5 });
  expect(costAt(costs, "region", "d")).toBe(2.5);
  expect(costAt(costs, "other", "x")).toBe(5);
});

test("a guess is raised to what is measured within it", () => {
  const costs = costsOf({ "a>b": 1, "b>c": 1, "a>c": 1, "d>e": 30, "e>f": 30, "d>f": 30 });
  expect(costAt(costs, "zone", "d")).toBe(30);
  expect(costAt(costs, "region", "d")).toBe(38.75);
  const dear = costsOf({ "a>b": 1, "b>c": 1, "a>c": 1, "d>e": 300, "e>f": 300 });
  expect(costAt(dear, "region", "d")).toBe(300);
  expect(costAt(dear, "other", "x")).toBe(300);
  expect(costAt(dear, "zone", "a")).toBe(1);
});

test("a measured group is lowered to what is measured around it", () => {
  const costs = costsOf({ "a>b": 6, "b>c": 6, "d>e": 1, "e>f": 1, "a>d": 4, "b>d": 4 });
  expect(costAt(costs, "zone", "a")).toBe(4);
  expect(costAt(costs, "zone", "d")).toBe(1);
});

test("without any locality that is measured and has a configured cost there are none", () => {
  expect(costsOf({})).toBeUndefined();
  expect(costsOf({ "a>b": 1 })).toBeUndefined();
  expect(costsOf({ "a>a": 1, "b>b": 1 })).toBeUndefined();
  expect(costsOf({ "a>ghost": 1, "b>ghost": 1 })).toBeUndefined();
});

test("whatever is measured, no group costs more than the group around it", () => {
  const label = fc.constantFrom(undefined, "1", "2");
  const place = fc.record({ rack: label, zone: label, region: label });
  const pair = fc.record({
    from: fc.nat(7),
    to: fc.nat(7),
    roundTripMs: fc.double({ min: 0.01, max: 50, noNaN: true }),
  });
  fc.assert(
    fc.property(
      fc.array(place, { minLength: 1, maxLength: 8 }),
      fc.array(pair),
      fc.constantFrom(1, 2, 3),
      (labels, read, pairsMin) => {
        const random = new Topology(labels.map((each, index) => ({ node: `n${index}`, ...each })));
        const pairs = read.map(({ from, to, roundTripMs }) => ({
          a: `n${from}`,
          b: `n${to}`,
          roundTripMs,
          lastAtMs: 0,
        }));
        const costs = measuredCosts(random, pairs, { pairsMin, localityCosts: defaultLocalityCosts });
        if (!costs) return;
        const { levels } = groupCosts(random, costs.costOf);
        expect(levels).toHaveLength(levelsOf(random).length);
        for (const { steps, costs: own } of levels) {
          expect(steps.every((step) => step >= 0)).toBe(true);
          expect(own.every((cost) => Number.isFinite(cost) && cost >= 0)).toBe(true);
        }
      },
    ),
  );
});
