import type { ServicePathHeader } from "../../core/model/service-path-header.ts";
import type { RouteTable } from "../route/route-table.ts";

/** The chain's name, as far as this pod knows: at the destination, where no hop is left, the header says only the SPI. */
export function chainOf(table: RouteTable, { spi, serviceIndex }: ServicePathHeader): string {
  return table.hopFor(spi, serviceIndex)?.hop.chain ?? "unknown";
}
