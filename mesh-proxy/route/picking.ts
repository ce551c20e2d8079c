/** What routing needs of `mesh-proxy/balance`; the shell puts the two together. */
import type { WeightedEndpoint } from "../../core/model/mesh-snapshot.ts";

/** Endpoints to pass over this time, such as those that have just failed. */
export type IsExcludedEndpoint = (endpoint: WeightedEndpoint) => boolean;

export interface Picking {
  createWeightedPicker(endpoints: readonly WeightedEndpoint[]): EndpointPicker<number>;
  createRendezvousPicker(endpoints: readonly WeightedEndpoint[]): EndpointPicker<FlowBits>;
  flowKeyOf(spi: number, source: FlowSource): FlowBits;
}

export interface EndpointPicker<By> {
  pick(by: By, isExcluded?: IsExcludedEndpoint): WeightedEndpoint | undefined;
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
