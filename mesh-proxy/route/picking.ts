/** What routing needs of `mesh-proxy/balance`; the shell puts the two together. */
import type { Upstream, WeightedEndpoint } from "../../core/model/mesh-snapshot.ts";

/** Endpoints to pass over this time, such as those that have just failed. */
export type IsExcludedEndpoint = (endpoint: WeightedEndpoint) => boolean;

export interface Picking {
  createPolicy(upstream: Upstream): EndpointPicker<Choice>;
  createRendezvousPicker(endpoints: readonly WeightedEndpoint[]): EndpointPicker<FlowBits>;
  flowKeyOf(spi: number, source: FlowSource): FlowBits;
  /** Sixteen hexadecimal digits that stand for it. */
  podDigestOf(pod: string): string;
  /** Of everything that one pod's clients send. */
  clientKeyOf(address: string): FlowBits;
}

export interface EndpointPicker<By> {
  pick(by: By, isExcluded?: IsExcludedEndpoint): WeightedEndpoint | undefined;
}

/** Of one new connection or request. */
export interface Choice {
  /** Random, in [0, 1). */
  readonly uniform: number;
  /** Of the client, for policies that keep a client where it is. */
  readonly client: FlowBits;
  /** It is only asked who it would be, and nobody takes a turn. */
  readonly isAsking?: boolean | undefined;
}

/** A flow's hash. */
export interface FlowBits {
  readonly high: number;
  readonly low: number;
}

/** The client as first seen; along a path it is what the PROXY header says. */
export interface FlowSource {
  readonly address: string;
  readonly port: number;
}
