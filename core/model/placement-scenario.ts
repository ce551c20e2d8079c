/** What a placement is planned on: nodes, services in interchangeable replicas, and the traffic between them. Units are the scenario's own. */

export interface PlacementScenario {
  readonly name: string;
  /** Names of the resources; amounts of a node or a service stand in this order. */
  readonly resources: readonly string[];
  readonly nodes: readonly ScenarioNode[];
  readonly services: readonly ScenarioService[];
  readonly traffic: readonly ScenarioTraffic[];
}

export interface ScenarioNode {
  readonly name: string;
  /** By resource, at least 0. */
  readonly capacity: readonly number[];
}

/** Replicas by node name; nodes without any may be left out. */
export type ReplicasByNode = ReadonlyMap<string, number>;

export interface ScenarioService {
  readonly name: string;
  /** At least 1. */
  readonly replicas: number;
  /** What each replica needs, by resource, at least 0. */
  readonly request: readonly number[];
  /** Nodes where replicas may stand; undefined for all. */
  readonly nodes: readonly string[] | undefined;
  /** Most replicas on one node; undefined for any number. */
  readonly perNodeMax: number | undefined;
  /** Where replicas stand now; those in no node's count are pending. */
  readonly initial: ReplicasByNode;
  /** Replicas of `initial` that may not move. */
  readonly pinned: ReplicasByNode;
}

export interface ScenarioTraffic {
  readonly from: string;
  readonly to: string;
  /** At least 0. */
  readonly weight: number;
}

/** Replicas of every service by node. */
export type PlannedPlacement = ReadonlyMap<string, ReplicasByNode>;
