/** What a placement is planned on: nodes, services in interchangeable replicas, and the traffic between them. Units are the scenario's own. */
import type { CostTree } from "./cost-tree.ts";

export interface PlacementScenario {
  readonly name: string;
  /** Names of the resources; amounts of a node or a service stand in this order. */
  readonly resources: readonly string[];
  readonly nodes: readonly ScenarioNode[];
  readonly services: readonly ScenarioService[];
  readonly traffic: readonly ScenarioTraffic[];
  /** Divisions of the nodes that services' `spread` and `apart` speak of, such as zones; absent for none. */
  readonly domains?: readonly ScenarioDomains[] | undefined;
  /** By node index; absent where every byte between two nodes costs alike. */
  readonly costTree?: CostTree | undefined;
}

/** Nodes by the value of one label. */
export interface ScenarioDomains {
  /** The label, such as `topology.kubernetes.io/zone`. */
  readonly name: string;
  /** By node index, the number of its domain, from 0; -1 for a node in none. */
  readonly ofNode: readonly number[];
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
  /** Nodes where replicas may stand that are not pinned; undefined for all. */
  readonly nodes: readonly string[] | undefined;
  /** Most replicas on one node, unless more are pinned there; undefined for any number. */
  readonly perNodeMax: number | undefined;
  /** Where replicas stand now; those in no node's count are pending. */
  readonly initial: ReplicasByNode;
  /** Replicas of `initial` that may not move. */
  readonly pinned: ReplicasByNode;
  /** How unevenly its replicas may lie; absent for any way. */
  readonly spread?: readonly ScenarioSpread[] | undefined;
  /** Services near which it may not stand; absent for none. */
  readonly apart?: readonly ScenarioApart[] | undefined;
}

/** Of the domains that the service may stand in, the fullest has at most `skewMax` replicas more than the emptiest. */
export interface ScenarioSpread {
  /** Index into the scenario's `domains`. */
  readonly domains: number;
  /** At least 1. */
  readonly skewMax: number;
}

/** No replica of the service shares a domain with any replica of that one; said of one of two, it holds for both. */
export interface ScenarioApart {
  /** Index into the scenario's `domains`. */
  readonly domains: number;
  /** Another service's name; its own means at most one replica in each domain. */
  readonly service: string;
}

export interface ScenarioTraffic {
  readonly from: string;
  readonly to: string;
  /** At least 0. */
  readonly weight: number;
}

/** Replicas of every service by node. */
export type PlannedPlacement = ReadonlyMap<string, ReplicasByNode>;
