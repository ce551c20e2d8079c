import type { HopSeries } from "../meter/hop-series.ts";
import type { FlowPlace } from "../relay/flow-place.ts";
import type { Leg } from "./leg.ts";

/** Put together when somebody asks, so that flows carry nothing for it. */
export function placeOf(hop: HopSeries | undefined, leg: Leg | undefined): FlowPlace | undefined {
  return hop === undefined || leg === undefined ? undefined : flowPlaceAt(hop, leg.endpoint?.pod);
}

/** @param next the pod that was dialled; undefined for this pod's own application */
export function flowPlaceAt(hop: HopSeries, next: string | undefined): FlowPlace {
  const { weft_chain, weft_spi, weft_hop, weft_function } = hop.labels;
  return {
    chain: weft_chain,
    spi: Number(weft_spi),
    at: weft_hop,
    function: weft_function,
    next,
  };
}
