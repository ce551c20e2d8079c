/** Scoring inputs from places and replicas by node name. */
import fc from "fast-check";
import { type GroupCostOf, groupCosts } from "../../core/model/group-costs.ts";
import { defaultLocalityCosts, type LocalityCosts, type Place } from "../../core/model/locality.ts";
import { ReplicaCounts } from "../../core/model/replica-counts.ts";
import { groupedLocalities, Topology } from "../../core/model/topology.ts";
import type { ScoringInput } from "../../scheduler/plugins/score-plugin.ts";

export interface ScoringCase {
  readonly places: readonly Place[];
  /** The pod's own workload's other replicas by node. */
  readonly own?: Readonly<Record<string, number>>;
  readonly peers: readonly PeerCase[];
  readonly costs?: LocalityCosts | undefined;
  /** What a byte costs more than its locality says, by the number of the group, over and over. */
  readonly surcharges?: readonly number[] | undefined;
  /** All nodes in order unless told. */
  readonly candidates?: readonly string[];
}

export interface PeerCase {
  readonly workload?: string;
  readonly bytesPerSecond: number;
  readonly on: Readonly<Record<string, number>>;
  readonly isOwn?: boolean;
}

export function scoringInput({ places, own = {}, peers, costs, surcharges, candidates }: ScoringCase): ScoringInput {
  const topology = new Topology(places);
  const replicas = (on: Readonly<Record<string, number>>) => new ReplicaCounts(topology, new Map(Object.entries(on)));
  return {
    topology,
    candidates: Int32Array.from(candidates ?? places.map(({ node }) => node), (node) => topology.indexOf(node)),
    own: replicas(own),
    peers: peers.map(({ workload = "ns/peer", bytesPerSecond, on, isOwn = false }) => ({
      workload,
      isOwn,
      bytesPerSecond,
      replicas: replicas(on),
    })),
    costs: groupCosts(topology, costOf({ costs, surcharges })),
  };
}

/** What a byte between two nodes costs, by the smallest group that has both. */
export function costsBetween({ places, ...prices }: ScoringCase): (a: string, b: string) => number {
  const topology = new Topology(places);
  return (a, b) => {
    const [from, to] = [topology.indexOf(a), topology.indexOf(b)];
    for (const locality of groupedLocalities) {
      const { groupOfNode } = topology.grouping(locality);
      const group = groupOfNode[from] ?? 0;
      if (group === groupOfNode[to]) return costOf(prices)(locality, group);
    }
    return costOf(prices)("other", 0);
  };
}

function costOf({
  costs = defaultLocalityCosts,
  surcharges = [],
}: Pick<ScoringCase, "costs" | "surcharges">): GroupCostOf {
  return (locality, group) => costs[locality] + (surcharges[group % (surcharges.length || 1)] ?? 0);
}

/** Small clusters with any mixture of labels, replicas and costs. */
export const anyScoringCase: fc.Arbitrary<ScoringCase> = fc.integer({ min: 1, max: 8 }).chain((nodeCount) => {
  const label = fc.constantFrom(undefined, "1", "2");
  const names = Array.from({ length: nodeCount }, (_, index) => `n${index}`);
  const onNodes = fc.dictionary(fc.constantFrom(...names), fc.integer({ min: 1, max: 3 }));
  const peer = fc.record({
    bytesPerSecond: fc.integer({ min: 1, max: 1000 }),
    on: onNodes.filter((on) => Object.keys(on).length > 0),
  });
  const cost = fc.integer({ min: 0, max: 20 });
  return fc.record({
    places: fc.tuple(
      ...names.map((node) => fc.record({ node: fc.constant(node), rack: label, zone: label, region: label })),
    ),
    own: onNodes,
    peers: fc.array(peer, { minLength: 1, maxLength: 4 }),
    costs: fc.oneof(
      fc.constant(defaultLocalityCosts),
      fc.record({ node: cost, rack: cost, zone: cost, region: cost, other: cost }),
    ),
    surcharges: fc.oneof(fc.constant([]), fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 8 })),
  });
});
