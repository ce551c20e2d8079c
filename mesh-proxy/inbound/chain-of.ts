import type { ServicePathHeader } from "../../core/model/service-path-header.ts";
import type { RouteTable } from "../route/route-table.ts";

/** The chain's name, which the header does not say; "unknown" on a path that this pod's snapshot does not have (yet, or any more). */
export function chainOf(table: RouteTable, { spi, serviceIndex }: ServicePathHeader): string {
  const name = serviceIndex === 0 ? table.arrivingChain(spi) : table.hopFor(spi, serviceIndex)?.hop.chain;
  return name ?? "unknown";
}
