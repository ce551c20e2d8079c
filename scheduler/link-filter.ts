/** Which nodes' links would be overloaded by a pod: the optional hard limit. */
import type { FlowGraph } from "../core/graph/flow-graph.ts";
import { workloadKey } from "../core/model/workload.ts";
import type { Question } from "./ask-plugin.ts";
import type { AssumedPods } from "./placement/assumed-pods.ts";
import type { ClusterState } from "./placement/cluster-state.ts";
import { type LinkLoads, type LoadedPair, linkChanges, linkLoads } from "./placement/link-load.ts";
import { withAssumed } from "./placement/with-assumed.ts";

export interface LinkFilterDeps {
  readonly graph: FlowGraph;
  readonly assumed: AssumedPods;
  /** What of the link may be used, in bytes per second; undefined is unlimited. */
  readonly usableBytesPerSecond: (node: string) => number | undefined;
}

/** Loads are worked out again only after the flows, the replicas or the assumptions have changed. */
export class LinkFilter {
  readonly #deps: LinkFilterDeps;
  #loads: { readonly versions: string; readonly loads: LinkLoads } | undefined;

  constructor(deps: LinkFilterDeps) {
    this.#deps = deps;
  }

  /** Nodes that cannot take the pod besides what their links carry, with the reason. */
  rejected(nodeNames: readonly string[], question: Question, state: ClusterState): ReadonlyMap<string, string> {
    return this.#overloaded(nodeNames, question, this.#currentLoads(state));
  }

  /** Nodes that could not take the pod if nobody else used their links: no eviction helps there. */
  hopeless(nodeNames: readonly string[], question: Question): ReadonlyMap<string, string> {
    return this.#overloaded(nodeNames, question, undefined);
  }

  #overloaded(
    nodeNames: readonly string[],
    question: Question,
    loads: LinkLoads | undefined,
  ): ReadonlyMap<string, string> {
    const { topology, own, peers } = question;
    const changes = linkChanges(topology, own, peers);
    const rejected = new Map<string, string>();
    for (const name of nodeNames) {
      const usable = this.#deps.usableBytesPerSecond(name);
      const index = topology.indexOf(name);
      if (usable === undefined || index < 0) continue;
      for (const direction of ["out", "in"] as const) {
        const change = changes[direction][index] ?? 0;
        const after = (loads?.[direction][index] ?? 0) + change;
        if (change > 0 && after > usable) rejected.set(name, reasonOf(direction, after, usable));
      }
    }
    return rejected;
  }

  #currentLoads(state: ClusterState): LinkLoads {
    const { graph, assumed } = this.#deps;
    const versions = `${graph.version}/${state.version}/${assumed.version}`;
    if (this.#loads?.versions !== versions)
      this.#loads = { versions, loads: linkLoads(state.topology, loadedPairs(this.#deps, state)) };
    return this.#loads.loads;
  }
}

function loadedPairs({ graph, assumed }: LinkFilterDeps, state: ClusterState): LoadedPair[] {
  const replicasOf = (key: string) => withAssumed(state.replicasOf(key), assumed.nodesOf(key));
  const keyOf = (end: { namespace: string; workload: string }) =>
    workloadKey({ namespace: end.namespace, name: end.workload });
  return graph.flows(0).map(({ source, destination, requestBytesPerSecond, responseBytesPerSecond }) => ({
    source: replicasOf(keyOf(source)),
    destination: replicasOf(keyOf(destination)),
    requestBytesPerSecond,
    responseBytesPerSecond,
  }));
}

function reasonOf(direction: "out" | "in", after: number, usable: number): string {
  return `its link would carry ${Math.round(after)} of ${Math.round(usable)} bytes/s ${direction === "out" ? "outwards" : "inwards"}`;
}
