/** What the parts of one proxy share. */
import type { Clock } from "../core/ports/clock.ts";
import type { Log } from "../core/ports/log.ts";
import type { EndpointLoads } from "./balance/endpoint-loads.ts";
import type { ResponseTimes } from "./balance/response-times.ts";
import type { SessionBudget } from "./balance/session-table.ts";
import type { PortLimits } from "./guard/port-limits.ts";
import type { ServiceGuards } from "./guard/service-guards.ts";
import type { KernelHelp } from "./kernel-relay/kernel-help.ts";
import type { ConnectTimes } from "./meter/connect-times.ts";
import type { DatagramCounters } from "./meter/datagram-counters.ts";
import type { HopTable } from "./meter/hop-table.ts";
import type { OwnMetrics } from "./meter/own-metrics.ts";
import type { RouteCounters } from "./meter/route-counters.ts";
import type { RouteSeriesTable } from "./meter/route-series-table.ts";
import type { SeriesTable } from "./meter/series-table.ts";
import type { Observer } from "./observe/observer.ts";
import type { Places } from "./probe/places.ts";
import type { ProxyConfig } from "./proxy-config.ts";
import type { FlowRegistry } from "./relay/flow-registry.ts";
import type { ReadBuffers } from "./relay/read-buffers.ts";
import type { TapBook } from "./relay/tap-book.ts";
import type { RouteTable } from "./route/route-table.ts";
import type { Breakers } from "./steer/breakers.ts";
import type { EndpointWatch } from "./steer/endpoint-watch.ts";
import type { CertificateKeeper } from "./tls/certificate-keeper.ts";
import type { Treatments } from "./treat/treatment.ts";
import type { DatagramTurn } from "./udp/datagram-turn.ts";

export interface ProxyContext {
  readonly config: ProxyConfig;
  readonly clock: Clock;
  readonly log: Log;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly buffers: ReadBuffers;
  readonly certificates: CertificateKeeper;
  readonly own: OwnMetrics;
  readonly routeCounters: RouteCounters;
  readonly treatments: Treatments;
  readonly series: SeriesTable;
  readonly routeSeries: RouteSeriesTable;
  readonly datagrams: DatagramCounters;
  readonly datagramTurn: DatagramTurn;
  /** UDP sessions of all upstreams. */
  readonly udpSessions: SessionBudget;
  readonly hops: HopTable;
  readonly connectTimes: ConnectTimes;
  readonly breakers: Breakers;
  readonly guards: ServiceGuards;
  readonly portLimits: PortLimits;
  readonly watch: EndpointWatch;
  readonly responseTimes: ResponseTimes;
  readonly loads: EndpointLoads;
  readonly flows: FlowRegistry;
  readonly observer: Observer;
  readonly taps: TapBook;
  readonly kernel: KernelHelp;
  /** For probes of paths that are sent from here or answered. */
  readonly probes: Places;
  /** By the last good snapshot; undefined before the first. */
  readonly routes: () => RouteTable | undefined;
  readonly isDraining: () => boolean;
}
