import type { FlowCounter, FlowEnd, FlowHop } from "../model/flow.ts";
import { workloadKey } from "../model/workload.ts";
import { DecayedRate, type RefusalReason } from "../stats/decayed-rate.ts";

export interface RateOptions {
  readonly halfLifeMs: number;
  /** How long its lineage has been known before it. */
  readonly silentMs: number;
}

/** What counters take over from each other along: pods, nodes and versions of a path come and go, workloads and chains stay. */
export function lineageOf({ source, destination, hop }: FlowCounter): string {
  return `${source.namespace}/${source.workload}>${destination.namespace}/${destination.workload}>${hop?.chain ?? ""}`;
}

/** One counter's rates, both ways. */
export class TrackedFlow {
  readonly source: FlowEnd;
  readonly destination: FlowEnd;
  readonly hop: FlowHop | undefined;
  readonly sourceKey: string;
  readonly destinationKey: string;
  readonly pairKey: string;
  readonly lineage: string;
  readonly #request: DecayedRate;
  readonly #response: DecayedRate;
  #lastAtMs = 0;

  constructor(counter: FlowCounter, { halfLifeMs, silentMs }: RateOptions) {
    const { source, destination, hop } = counter;
    this.source = source;
    this.destination = destination;
    this.hop = hop;
    this.sourceKey = workloadKey({ namespace: source.namespace, name: source.workload });
    this.destinationKey = workloadKey({ namespace: destination.namespace, name: destination.workload });
    this.pairKey = `${this.sourceKey}>${this.destinationKey}`;
    this.lineage = lineageOf(counter);
    this.#request = new DecayedRate(halfLifeMs, silentMs);
    this.#response = new DecayedRate(halfLifeMs, silentMs);
  }

  get lastAtMs(): number {
    return this.#lastAtMs;
  }

  /** Takes in both directions or, when either is refused, neither. */
  observe(counter: FlowCounter, atMs: number): RefusalReason | undefined {
    const refusal =
      this.#request.refusalOf(counter.requestBytes, atMs) ?? this.#response.refusalOf(counter.responseBytes, atMs);
    if (refusal) return refusal;
    this.#request.observe(counter.requestBytes, atMs);
    this.#response.observe(counter.responseBytes, atMs);
    this.#lastAtMs = atMs;
    return undefined;
  }

  /** A multiple of 1/1024, so that sums are exact, and the same in whatever order the flows are added. */
  requestBytesPerSecond(asOfMs: number): number {
    return rounded(this.#request.perSecondFadedTo(asOfMs));
  }

  responseBytesPerSecond(asOfMs: number): number {
    return rounded(this.#response.perSecondFadedTo(asOfMs));
  }
}

/** Sums stay exact up to 2^43 bytes per second, which is 8.8 TB/s. */
const PARTS = 1024;

function rounded(bytesPerSecond: number): number {
  return Math.round(bytesPerSecond * PARTS) / PARTS;
}
