import { expect, test } from "vitest";
import type { MeasuredPair } from "../core/graph/delay-table.ts";
import type { LocalityLatencies } from "../core/model/locality.ts";
import { podCapacityAnnotation, shareWithinAnnotation, siteSharingOf } from "../core/model/site-sharing.ts";
import { meshCluster, meshNode, meshPod, meshService } from "../test/builders/mesh-cluster.ts";
import { buildSnapshot } from "./build-snapshot.ts";
import { listSites } from "./list-sites.ts";
import { indexMesh } from "./mesh-index.ts";

const latencyMs: LocalityLatencies = { rack: 0.1, zone: 0.5, region: 2, other: 10 };
/** a, b and c are 10 ms apart: their nodes' labels name no region. */
const nodes = ["a", "b", "c"].map((zone) => meshNode(`n-${zone}`, zone));
const sources = ["a", "b", "c"].map((zone) => meshPod(`ue-${zone}`, `n-${zone}`, "dn=15010"));
const endpoints = ["a", "b", "c"].map((zone) => meshPod(`dn-${zone}`, `n-${zone}`));

interface Situation {
  /** Bytes per second from the nodes of the zones a, b and c. */
  readonly loads: readonly number[];
  readonly chained?: Readonly<Record<string, number>>;
  readonly within?: string;
  readonly capacity?: string;
  readonly pods?: typeof endpoints;
  readonly measuredPairs?: readonly MeasuredPair[];
}

function indexOf({
  loads,
  chained = {},
  within = "10",
  capacity = "100",
  pods = endpoints,
  measuredPairs = [],
}: Situation) {
  const declared = siteSharingOf({ [shareWithinAnnotation]: within, [podCapacityAnnotation]: capacity });
  const services = [{ ...meshService("dn"), sharing: declared }];
  const demandOf = () => ({
    from: new Map(nodes.map(({ name }, at) => [name, loads[at] ?? 0])),
    chainedTo: new Map(Object.entries(chained)),
  });
  const sharing = { demandOf, latencyMs, measuredPairs: () => measuredPairs };
  return indexMesh(meshCluster({ nodes, services, pods: [...sources, ...pods] }), { sharing });
}

function weightsFrom(zone: string, situation: Situation) {
  const built = buildSnapshot(indexOf(situation), `core/ue-${zone}`);
  if (built.kind !== "built") throw new Error(built.reason);
  const weights = built.content.upstreams[0]?.endpoints.map(({ pod, weight }) => [pod, weight]) ?? [];
  return { weights: Object.fromEntries(weights), problems: built.problems };
}

test("local traffic stays at its site while the site has room", () => {
  const { weights, problems } = weightsFrom("a", { loads: [90, 50, 10] });
  expect(weights).toEqual({ "core/dn-a": 10_000, "core/dn-b": 0, "core/dn-c": 0 });
  expect(problems).toEqual([]);
});

test("an overloaded site's excess goes to its neighbours by weight, and their own traffic stays", () => {
  const situation = { loads: [250, 60, 0] };
  const { weights } = weightsFrom("a", situation);
  expect(weights).toEqual({ "core/dn-a": 4400, "core/dn-b": 1600, "core/dn-c": 4000 });
  expect(weightsFrom("b", situation).weights).toMatchObject({ "core/dn-b": 10_000 });
});

test("what finds no room within the bound stays, and the site's proxies say so", () => {
  const { weights, problems } = weightsFrom("a", { loads: [250, 60, 0], within: "9.9" });
  expect(weights).toMatchObject({ "core/dn-a": 10_000 });
  expect(problems).toEqual(["Service core/dn: 150 B/s of zone//a find no room within 9.9 ms and stay"]);
  expect(weightsFrom("b", { loads: [250, 60, 0], within: "9.9" }).problems).toEqual([]);
});

test("where round trips are measured, they say who is near", () => {
  const measuredPairs = [{ a: "n-a", b: "n-c", roundTripMs: 4, lastAtMs: 0 }];
  const { weights } = weightsFrom("a", { loads: [250, 60, 0], within: "5", measuredPairs });
  expect(weights).toEqual({ "core/dn-a": 6000, "core/dn-b": 0, "core/dn-c": 4000 });
});

test("pods of one site get equal parts", () => {
  const pods = [...endpoints, meshPod("dn-a2", "n-a")];
  const { weights } = weightsFrom("a", { loads: [300, 0, 100], pods });
  expect(weights).toEqual({ "core/dn-a": 3334, "core/dn-a2": 3333, "core/dn-b": 3333, "core/dn-c": 0 });
});

test("a site that lost its pods sends all to its neighbours", () => {
  const { weights } = weightsFrom("a", { loads: [150, 50, 0], pods: endpoints.slice(1) });
  expect(weights).toEqual({ "core/dn-b": 3333, "core/dn-c": 6667 });
});

test("what chains bring to a site's pods is room that it has not", () => {
  const situation = { loads: [150, 50, 50], chained: { "n-b": 40 } };
  expect(indexOf(situation).sites.of(serviceOf(situation))?.plan.problem.sites).toMatchObject([
    { capacity: 100, load: 150 },
    { capacity: 60, load: 50 },
    { capacity: 100, load: 50 },
  ]);
});

test("annotations that make no sense share nothing, and are named", () => {
  const { weights, problems } = weightsFrom("a", { loads: [250, 60, 0], capacity: "much" });
  expect(weights).toEqual({ "core/dn-a": 10_000, "core/dn-b": 0, "core/dn-c": 0 });
  expect(problems).toEqual([
    expect.stringMatching(/core\/dn is not shared: .*pod-capacity"] "much" is not a quantity/),
  ]);
});

test("the plan can be looked at", () => {
  expect(listSites(indexOf({ loads: [150, 50, 50] }))).toMatchObject([
    {
      service: "core/dn",
      oneWayMsMax: 10,
      sites: [
        { name: "zone//a", capacity: 100, load: 150 },
        { name: "zone//b", capacity: 100, load: 50 },
        { name: "zone//c", capacity: 100, load: 50 },
      ],
      transfers: [{ from: "zone//a", to: "zone//b", amount: 50 }],
      left: [],
    },
  ]);
});

function serviceOf(situation: Situation) {
  const [service] = indexOf(situation).services.values();
  if (!service) throw new Error("the cluster has one Service");
  return service;
}
