/** Scoring inputs from places and replicas by node name. */
import fc from "fast-check";
import { defaultLocalityCosts, type LocalityCosts, type Place } from "../../core/model/locality.ts";
import { ReplicaCounts } from "../../core/model/replica-counts.ts";
import { Topology } from "../../core/model/topology.ts";
import type { ScoringInput } from "../../scheduler/plugins/score-plugin.ts";

export interface ScoringCase {
  readonly places: readonly Place[];
  /** The pod's own workload's other replicas by node. */
  readonly own?: Readonly<Record<string, number>>;
  readonly peers: readonly PeerCase[];
  readonly costs?: LocalityCosts;
  /** All nodes in order unless told. */
  readonly candidates?: readonly string[];
}

export interface PeerCase {
  readonly workload?: string;
  readonly bytesPerSecond: number;
  readonly on: Readonly<Record<string, number>>;
  readonly isOwn?: boolean;
}

export function scoringInput({
  places,
  own = {},
  peers,
  costs = defaultLocalityCosts,
  candidates,
}: ScoringCase): ScoringInput {
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
    costs,
  };
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
  });
});
