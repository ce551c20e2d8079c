import type { FlowCounter, FlowEnd, FlowHop } from "../model/flow.ts";
import { workloadKey } from "../model/workload.ts";
import { DecayedRate, type RefusalReason } from "../stats/decayed-rate.ts";

/** One counter's rates, both ways. */
export class TrackedFlow {
  readonly source: FlowEnd;
  readonly destination: FlowEnd;
  readonly hop: FlowHop | undefined;
  readonly sourceKey: string;
  readonly destinationKey: string;
  readonly pairKey: string;
  readonly #request: DecayedRate;
  readonly #response: DecayedRate;
  #lastAtMs = 0;

  constructor({ source, destination, hop }: FlowCounter, halfLifeMs: number) {
    this.source = source;
    this.destination = destination;
    this.hop = hop;
    this.sourceKey = workloadKey({ namespace: source.namespace, name: source.workload });
    this.destinationKey = workloadKey({ namespace: destination.namespace, name: destination.workload });
    this.pairKey = `${this.sourceKey}>${this.destinationKey}`;
    this.#request = new DecayedRate(halfLifeMs);
    this.#response = new DecayedRate(halfLifeMs);
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

  requestBytesPerSecond(asOfMs: number): number {
    return this.#request.perSecondFadedTo(asOfMs);
  }

  responseBytesPerSecond(asOfMs: number): number {
    return this.#response.perSecondFadedTo(asOfMs);
  }
}
