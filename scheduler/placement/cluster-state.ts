/** Where every workload's replicas stand, kept up to date with lists of pods and nodes. */
import type { ClusterNode } from "../../core/model/cluster-node.ts";
import type { Pod } from "../../core/model/pod.ts";
import { ReplicaCounts } from "../../core/model/replica-counts.ts";
import { addResources, noResources, type Resources, subtractResources } from "../../core/model/resources.ts";
import { Topology } from "../../core/model/topology.ts";
import { workloadKey } from "../../core/model/workload.ts";
import { podChanges } from "./pod-changes.ts";

/**
 * Counts pods that are bound and neither end nor have ended. Pods and nodes are immutable objects: one that is on the next list
 * again has not changed, so an update costs work only for those that came or went.
 */
export class ClusterState {
  #pods: readonly Pod[] = [];
  readonly #byWorkload = new Map<string, Map<string, number>>();
  readonly #replicas = new Map<string, ReplicaCounts>();
  /** By node name, of the counted pods. */
  readonly #requested = new Map<string, Resources>();
  #topology = new Topology([]);
  #nodes: readonly ClusterNode[] = [];
  #version = 0;
  #hasUnknownNode = false;

  /** Grows whenever a replica or a node's place changed. */
  get version(): number {
    return this.#version;
  }

  get topology(): Topology {
    return this.#topology;
  }

  /** Workloads with a replica anywhere. */
  workloads(): Iterable<string> {
    return this.#byWorkload.keys();
  }

  /** Replicas by node name. */
  replicasOf(workload: string): ReplicaCounts {
    const known = this.#replicas.get(workload);
    if (known) return known;
    const counts = new ReplicaCounts(this.#topology, new Map(this.#byWorkload.get(workload)));
    if (this.#byWorkload.has(workload)) this.#replicas.set(workload, counts);
    return counts;
  }

  /** What the counted pods on a node ask for together. */
  requestedOn(node: string): Resources {
    return this.#requested.get(node) ?? noResources;
  }

  setPods(pods: readonly Pod[]): void {
    const { gone, came } = podChanges(this.#pods, pods);
    this.#pods = pods;
    for (const pod of gone) this.#count(pod, -1);
    for (const pod of came) this.#count(pod, 1);
    if (this.#hasUnknownNode) this.#renewTopology();
  }

  setNodes(nodes: readonly ClusterNode[]): void {
    this.#nodes = nodes;
    this.#renewTopology();
  }

  #count(pod: Pod, change: 1 | -1): void {
    if (!pod.node || pod.isTerminating || pod.isFinished) return;
    this.#add(workloadKey(pod.workload), pod.node, change);
    const before = this.requestedOn(pod.node);
    this.#requested.set(
      pod.node,
      change > 0 ? addResources(before, pod.requests) : subtractResources(before, pod.requests),
    );
    if (change > 0 && this.#topology.indexOf(pod.node) < 0) this.#hasUnknownNode = true;
  }

  #add(workload: string, node: string, change: number): void {
    const byNode = this.#byWorkload.get(workload) ?? new Map<string, number>();
    const count = (byNode.get(node) ?? 0) + change;
    if (count > 0) byNode.set(node, count);
    else byNode.delete(node);
    if (byNode.size > 0) this.#byWorkload.set(workload, byNode);
    else this.#byWorkload.delete(workload);
    this.#replicas.delete(workload);
    this.#version += 1;
  }

  /** Pods can be bound to a node that the list of nodes does not have yet; it is then a node without labels. */
  #renewTopology(): void {
    this.#hasUnknownNode = false;
    const places = this.#nodes.map(({ place }) => place);
    const known = new Set(places.map(({ node }) => node));
    for (const byNode of this.#byWorkload.values())
      for (const node of byNode.keys())
        if (!known.has(node)) {
          known.add(node);
          places.push({ node });
        }
    if (this.#topology.isOf(places)) return;
    this.#topology = new Topology(places);
    this.#replicas.clear();
    this.#version += 1;
  }
}
