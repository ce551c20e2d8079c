import type { ServicePathHeader } from "../../core/model/service-path-header.ts";
import type { HopSeries } from "../meter/hop-series.ts";
import type { ProxyContext } from "../proxy-context.ts";
import type { RouteTable } from "../route/route-table.ts";
import { chainOf } from "./chain-of.ts";

/** Where what comes to this pod with the header counts, also on a path that leads nowhere from here. */
export function hopSeriesOf({ hops }: ProxyContext, table: RouteTable, header: ServicePathHeader): HopSeries {
  const { spi, serviceIndex } = header;
  const name = serviceIndex === 0 ? undefined : table.hopFor(spi, serviceIndex)?.hop.function.name;
  return hops.hopFor({ chain: chainOf(table, header), spi, at: serviceIndex, function: name ?? "" }, table.self);
}
