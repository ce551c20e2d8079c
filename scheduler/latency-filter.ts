/** Through which nodes a chain could not keep its latency budget: the optional hard limit. */
import type { DelayTable } from "../core/graph/delay-table.ts";
import type { ServiceFunctionChain } from "../core/model/chain.ts";
import type { LocalityLatencies } from "../core/model/locality.ts";
import { selects } from "../core/model/service.ts";
import type { Topology } from "../core/model/topology.ts";
import { chainLatencies } from "./placement/chain-latency.ts";
import { type ChainContext, chainLayers } from "./placement/chain-layers.ts";
import type { ClusterState } from "./placement/cluster-state.ts";
import { type LatencyBetween, nodeLatencies } from "./placement/node-latencies.ts";
import { WorkloadSamples } from "./placement/workload-samples.ts";
import type { SchedulingView } from "./watched-cluster.ts";
import type { AskedPod } from "./wire/parse-args.ts";

export interface LatencyFilterDeps {
  readonly view: SchedulingView;
  readonly delays: DelayTable;
  /** Between nodes of which nothing is measured. */
  readonly localityLatencyMs: LocalityLatencies;
}

interface ChainRole {
  readonly chain: ServiceFunctionChain;
  readonly budgetMs: number;
  /** The layers that the pod would be in: the first function is layer 1, behind the sources. */
  readonly at: readonly number[];
}

/** Sums of decimals are not exact. */
const SLACK = 1e-9;

/**
 * Goes by where the chain's sources, functions and destinations are bound; what is not known counts as if it were best. Ways are
 * worked out again only after pods, chains or round trips have changed.
 */
export class LatencyFilter {
  readonly #deps: LatencyFilterDeps;
  readonly #samples = new WorkloadSamples();
  readonly #context: ChainContext;
  #pods: unknown;
  #sources: readonly unknown[] = [];
  /** By chain and the layers that a pod would be in. */
  #latencies = new Map<string, Float64Array>();
  #between: { readonly topology: Topology; readonly version: number; readonly between: LatencyBetween } | undefined;

  constructor(deps: LatencyFilterDeps) {
    this.#deps = deps;
    this.#context = {
      samples: this.#samples,
      serviceOf: (key) => deps.view.services?.get(key),
      functionOf: (key) => deps.view.serviceFunctions?.get(key),
    };
  }

  /** Nodes through which a chain of the pod's could not keep its budget even at best, with the reason. */
  rejected(pod: AskedPod, nodeNames: readonly string[], state: ClusterState): ReadonlyMap<string, string> {
    this.#update(state);
    const rejected = new Map<string, string>();
    for (const role of this.#rolesOf(pod)) {
      const latencies = this.#latenciesOf(role, state);
      for (const name of nodeNames) {
        const latencyMs = latencies[state.topology.indexOf(name)];
        if (latencyMs === undefined || latencyMs <= role.budgetMs * (1 + SLACK) || rejected.has(name)) continue;
        rejected.set(name, reasonOf(role, latencyMs));
      }
    }
    return rejected;
  }

  #update(state: ClusterState): void {
    const { view, delays } = this.#deps;
    const pods = view.pods.list();
    if (pods !== this.#pods) this.#samples.setPods(pods);
    this.#pods = pods;
    const { services, serviceFunctions, serviceFunctionChains } = view;
    const objects = [services?.list(), serviceFunctions?.list(), serviceFunctionChains?.list()];
    const sources = [state.version, state.topology, delays.version, this.#samples.version, ...objects];
    if (sources.length === this.#sources.length && sources.every((source, at) => source === this.#sources[at])) return;
    this.#sources = sources;
    this.#latencies = new Map();
  }

  /** The chains with a budget of which the pod would be an instance of a function that traffic passes. */
  #rolesOf({ namespace, labels }: AskedPod): readonly ChainRole[] {
    const { serviceFunctions, serviceFunctionChains } = this.#deps.view;
    const isSelected = (name: string) => {
      const known = serviceFunctions?.get(`${namespace}/${name}`);
      return known?.mode !== "Tap" && selects(known?.selector ?? {}, labels);
    };
    return (serviceFunctionChains?.list() ?? []).flatMap((chain) => {
      const budgetMs = chain.latencyBudgetMs;
      if (chain.namespace !== namespace || budgetMs === undefined) return [];
      const at = chain.functions.flatMap((name, index) => (isSelected(name) ? [index + 1] : []));
      return at.length > 0 ? [{ chain, budgetMs, at }] : [];
    });
  }

  #latenciesOf({ chain, at }: ChainRole, state: ClusterState): Float64Array {
    const key = [chain.namespace, chain.name, ...at].join("/");
    const known = this.#latencies.get(key);
    if (known) return known;
    const { topology } = state;
    const latencies = chainLatencies(chainLayers(chain, this.#context), at, {
      nodeCount: topology.places.length,
      nodesOf: (workload) => Array.from(state.replicasOf(workload).entries(), ([node]) => topology.indexOf(node)),
      between: this.#latencyBetween(topology),
    });
    this.#latencies.set(key, latencies);
    return latencies;
  }

  #latencyBetween(topology: Topology): LatencyBetween {
    const { delays, localityLatencyMs } = this.#deps;
    const { version } = delays;
    if (this.#between?.topology === topology && this.#between.version === version) return this.#between.between;
    const between = nodeLatencies(topology, delays.pairs(), localityLatencyMs);
    this.#between = { topology, version, between };
    return between;
  }
}

function reasonOf({ chain, budgetMs, at }: ChainRole, latencyMs: number): string {
  const name = `${chain.namespace}/${chain.name}`;
  const functions = at.map((layer) => chain.functions[layer - 1]);
  return `chain ${name} would take at least ${latencyMs.toFixed(2)} ms of its ${budgetMs} ms with ${functions.join(" or ")} here`;
}
