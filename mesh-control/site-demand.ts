/** What comes to the pods of Services whose load is shared, by where it comes from, as those pods' own proxies count it. */
import { FlowGraph } from "../core/graph/flow-graph.ts";
import type { TrackedFlow } from "../core/graph/tracked-flow.ts";
import type { FlowReading } from "../core/model/flow.ts";
import { HeldRates } from "./sites/held-rates.ts";

/** Bytes per second by node. */
export interface ServiceDemand {
  /** What pods on the node send straight to the Service. */
  readonly from: ReadonlyMap<string, number>;
  /** What chains bring to the Service's pods on the node: their paths' weights say where it goes. */
  readonly chainedTo: ReadonlyMap<string, number>;
}

export interface SiteDemandOptions {
  readonly halfLifeMs: number;
  readonly change: number;
}

/** More counters than this are not kept. */
const FLOWS_MAX = 200_000;

export class SiteDemand {
  readonly #graph: FlowGraph;
  readonly #held: HeldRates;
  #byPod: ReadonlyMap<string, readonly TrackedFlow[]> = new Map();
  #atMs = 0;

  constructor({ halfLifeMs, change }: SiteDemandOptions) {
    this.#graph = new FlowGraph({ halfLifeMs, flowsMax: FLOWS_MAX });
    this.#held = new HeldRates(change);
  }

  observe(reading: FlowReading): void {
    this.#graph.observe(reading);
    this.#atMs = this.#graph.lastReadingAtMs ?? 0;
    this.#byPod = Map.groupBy(
      this.#graph.counters(),
      ({ destination: { namespace, pod = "" } }) => `${namespace}/${pod}`,
    );
  }

  /** `service` and `pods` by `namespace/name`. */
  to(service: string, pods: readonly string[]): ServiceDemand {
    const { from, chainedTo } = this.#measured(pods);
    return { from: this.#held.hold(service, from), chainedTo: this.#held.hold(chainsTo(service), chainedTo) };
  }

  /** Whether `to` would answer something else than the last time. */
  hasMoved(service: string, pods: readonly string[]): boolean {
    const { from, chainedTo } = this.#measured(pods);
    return this.#held.hasMoved(service, from) || this.#held.hasMoved(chainsTo(service), chainedTo);
  }

  /** Of Services that are gone. */
  forget(isKnown: (service: string) => boolean): void {
    this.#held.keepOnly((owner) => isKnown(owner.replace(chainsTo(""), "")));
  }

  #measured(pods: readonly string[]): ServiceDemand {
    const [from, chainedTo] = [new Map<string, number>(), new Map<string, number>()];
    for (const flow of pods.flatMap((pod) => this.#byPod.get(pod) ?? [])) {
      const rate = flow.requestBytesPerSecond(this.#atMs);
      if (flow.hop) add(chainedTo, flow.destination.node, rate);
      else add(from, flow.source.node, rate);
    }
    return { from, chainedTo };
  }
}

function chainsTo(service: string): string {
  return `chains to ${service}`;
}

function add(rates: Map<string, number>, node: string | undefined, rate: number): void {
  if (node !== undefined) rates.set(node, (rates.get(node) ?? 0) + rate);
}
