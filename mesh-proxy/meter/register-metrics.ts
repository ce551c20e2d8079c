/** What `/metrics` of a proxy shows. */
import { Registry } from "prom-client";
import type { Observer } from "../observe/observer.ts";
import { observerMetrics } from "../observe/observer-metrics.ts";
import type { BucketHistogram } from "./bucket-histogram.ts";
import { connectMetrics } from "./connect-metrics.ts";
import type { ConnectTimes } from "./connect-times.ts";
import type { DatagramCounters } from "./datagram-counters.ts";
import { type GuardSources, guardMetrics } from "./guard-metrics.ts";
import { histogramSamples } from "./histogram-samples.ts";
import { hopMetrics } from "./hop-metrics.ts";
import type { HopTable } from "./hop-table.ts";
import type { OwnMetrics } from "./own-metrics.ts";
import type { RouteCounters } from "./route-counters.ts";
import { routeMetrics } from "./route-metrics.ts";
import type { RouteSeriesTable } from "./route-series-table.ts";
import { registerSampled, type Sample, type SampledMetric } from "./sampled-metric.ts";
import type { SeriesTable } from "./series-table.ts";
import { codeLabels, type HttpHistograms, type TrafficSeries } from "./traffic-series.ts";

export interface MetricSources {
  readonly table: SeriesTable;
  readonly hops: HopTable;
  readonly routes: RouteSeriesTable;
  readonly observer: Observer;
  readonly own: OwnMetrics;
  readonly guards: GuardSources;
  readonly routeCounters: RouteCounters;
  readonly connectTimes: ConnectTimes;
  readonly datagrams: DatagramCounters;
  readonly udpSessionCount: () => number;
  readonly connectionCount: () => number;
  readonly tapWaitingByteCount: () => number;
  /** Bytes that the kernel relayed are on the counters after `count`. */
  readonly kernel: { readonly relay?: KernelFlows | undefined; count(): void };
  /** Undefined without a certificate. */
  readonly certificateExpiresAtMs: () => number | undefined;
  /** By the state of their breakers, where these do not admit everything. */
  readonly endpointCounts: () => ReadonlyMap<string, number>;
  /** Undefined before the first snapshot. */
  readonly snapshotVersion: () => number | undefined;
  readonly snapshotAgeSeconds: () => number | undefined;
}

interface KernelFlows {
  /** Since the start. */
  readonly enteredCount: number;
  /** Now. */
  readonly flowCount: number;
}

/** A registry of its own: many proxies live in one process in the lab. */
export function createMetricsRegistry(sources: MetricSources): Registry {
  const registry = new Registry();
  const metrics = [
    ...trafficMetrics(sources),
    ...datagramMetrics(sources),
    ...hopMetrics(sources.hops),
    ...routeMetrics(sources.routes, sources.routeCounters),
    ...observerMetrics(sources.observer),
    ...ownMetrics(sources),
    ...connectMetrics(sources.connectTimes),
    ...guardMetrics(sources.guards),
  ];
  for (const metric of metrics) registerSampled(registry, metric);
  return registry;
}

function trafficMetrics({ table, kernel }: MetricSources): readonly SampledMetric[] {
  const each = (amount: (series: TrafficSeries) => number) => samplesOf(table, false, amount);
  const bytes = (amount: (series: TrafficSeries) => number) => () => {
    kernel.count();
    return each(amount)();
  };
  return [
    counter(
      "istio_tcp_received_bytes_total",
      "Bytes of every protocol towards the destination.",
      bytes((s) => s.received.bytes),
    ),
    counter(
      "istio_tcp_sent_bytes_total",
      "Bytes of every protocol back to the source.",
      bytes((s) => s.sent.bytes),
    ),
    counter(
      "istio_tcp_connections_opened_total",
      "Connections between proxies.",
      each((s) => s.openedCount),
    ),
    counter(
      "istio_tcp_connections_closed_total",
      "Connections between proxies that ended.",
      each((s) => s.closedCount),
    ),
    counter("istio_requests_total", "HTTP requests with their response.", () => table.all().flatMap(requestSamples)),
    histogram(
      table,
      "istio_request_duration_milliseconds",
      "From the request's head to the response's end.",
      (h) => h.durationMs,
    ),
    histogram(table, "istio_request_bytes", "Size of a request, heads included.", (h) => h.requestBytes),
    histogram(table, "istio_response_bytes", "Size of a response, heads included.", (h) => h.responseBytes),
  ];
}

function samplesOf(table: SeriesTable, isUdp: boolean, amount: (series: TrafficSeries) => number): () => Sample[] {
  return () =>
    table.all().flatMap((series) => (series.isUdp === isUdp ? { value: amount(series), labels: series.labels } : []));
}

function datagramMetrics({ table, datagrams, udpSessionCount }: MetricSources): readonly SampledMetric[] {
  const each = (amount: (series: TrafficSeries) => number) => samplesOf(table, true, amount);
  return [
    counter(
      "weft_udp_received_bytes_total",
      "Payload of UDP datagrams towards the destination, bytes.",
      each((s) => s.received.bytes),
    ),
    counter(
      "weft_udp_sent_bytes_total",
      "Payload of UDP datagrams back to the source, bytes.",
      each((s) => s.sent.bytes),
    ),
    counter(
      "weft_udp_received_datagrams_total",
      "UDP datagrams towards the destination.",
      each((s) => s.receivedDatagramCount),
    ),
    counter(
      "weft_udp_sent_datagrams_total",
      "UDP datagrams back to the source.",
      each((s) => s.sentDatagramCount),
    ),
    counter(
      "weft_udp_flows_opened_total",
      "Clients, by address and port, that sent UDP datagrams to the destination.",
      each((s) => s.openedCount),
    ),
    counter(
      "weft_udp_flows_closed_total",
      "Those of them that have fallen silent.",
      each((s) => s.closedCount),
    ),
    counter("weft_proxy_udp_lost_datagrams_total", "UDP datagrams that were not passed on.", () =>
      labelled(datagrams.lost, "reason"),
    ),
    counter(
      "weft_proxy_udp_unfollowed_datagrams_total",
      "UDP datagrams that are not what their port's protocol says, and were passed on by client.",
      () => labelled(datagrams.unfollowed, "reason"),
    ),
    counter("weft_proxy_udp_rechosen_sessions_total", "UDP sessions whose endpoint was gone or refused.", () =>
      one(datagrams.rechosenCount),
    ),
    counter("weft_proxy_udp_seid_conflicts_total", "PFCP sessions whose SEID another node had given out.", () =>
      one(datagrams.seidConflictCount),
    ),
    counter("weft_proxy_udp_refused_endpoints_total", "Times that nothing listened for UDP at an endpoint.", () =>
      one(datagrams.refusedEndpointCount),
    ),
    counter("weft_proxy_udp_idle_sessions_total", "UDP sessions that ended for idleness.", () =>
      one(datagrams.idleSessionCount),
    ),
    gauge("weft_proxy_udp_sessions", "UDP sessions that are live now.", () => one(udpSessionCount())),
  ];
}

function ownMetrics({ own, table, ...sources }: MetricSources): readonly SampledMetric[] {
  return [
    counter("weft_proxy_refused_connections_total", "Connections that were closed before any byte was passed on.", () =>
      labelled(own.refusedConnections, "reason"),
    ),
    counter("weft_proxy_refused_requests_total", "HTTP/1.1 requests that the proxy answered itself.", () =>
      labelled(own.refusedRequests, "response_code"),
    ),
    counter("weft_proxy_connect_failures_total", "Attempts to connect that failed.", () =>
      one(own.connectFailureCount),
    ),
    counter("weft_proxy_knocks_total", "Times that an endpoint was asked for a sign of life.", () =>
      one(own.knockCount),
    ),
    counter("weft_proxy_silent_endpoints_total", "Endpoints that showed no sign of life any more.", () =>
      one(own.silentEndpointCount),
    ),
    counter(
      "weft_proxy_refused_dials_total",
      "Connections that another proxy did not take: itself, its function or its application refused, or it could not go on.",
      () => labelled(own.refusedDials, "verdict"),
    ),
    counter("weft_proxy_listen_failures_total", "Attempts to open an upstream listener that failed.", () =>
      one(own.listenFailureCount),
    ),
    counter("weft_proxy_failed_flows_total", "Flows that ended by a reset.", () => one(own.failedFlowCount)),
    counter("weft_proxy_bypassed_functions_total", "Flows that went around a function that was not there.", () =>
      one(own.bypassedCount),
    ),
    counter(
      "weft_proxy_tap_losses_total",
      "Copies, of one direction of a flow each, that a tap did not get whole.",
      () => labelled(own.lostCopies, "reason"),
    ),
    counter("weft_proxy_tap_lost_bytes_total", "Bytes of flows that a tap did not get.", () =>
      one(own.lostCopyByteCount),
    ),
    counter("weft_proxy_unfollowed_connections_total", "Connections whose HTTP could not be followed to the end.", () =>
      one(own.unfollowedCount),
    ),
    counter("weft_proxy_idle_closed_total", "Connections closed for idleness.", () => one(own.idleClosedCount)),
    counter("weft_proxy_series_overflow_total", "Connections that found no room for a series of their own.", () =>
      one(table.overflowCount),
    ),
    counter("weft_proxy_unattributed_bytes_total", "Bytes of connections without a series of their own.", () =>
      one(table.overflow.received.bytes + table.overflow.sent.bytes),
    ),
    counter("weft_proxy_snapshots_total", "Snapshots by what became of them.", () => [
      { value: own.acceptedSnapshotCount, labels: { verdict: "accepted" } },
      { value: own.rejectedSnapshotCount, labels: { verdict: "rejected" } },
    ]),
    counter(
      "weft_proxy_unnamed_connections_total",
      "Connections that said nothing while a server name was waited for.",
      () => one(own.unnamedConnectionCount),
    ),
    counter("weft_proxy_probes_total", "Probes of paths that were sent from here or answered.", () =>
      one(own.probeCount),
    ),
    counter("weft_proxy_control_reconnects_total", "Times the snapshot stream was opened again.", () =>
      one(own.reconnectCount),
    ),
    counter(
      "weft_proxy_authorization_total",
      "Connections and HTTP/1.1 requests by the rule that decided of them, or watched; without a rule where none allowed them.",
      () =>
        Array.from(own.authorizations.all(), ({ policy, rule, action, count }) => ({
          value: count,
          labels: { policy, rule, action },
        })),
    ),
    counter("weft_proxy_tls_handshakes_total", "TLS handshakes between proxies.", () =>
      Array.from(own.handshakes.values(), ({ count, ...labels }) => ({ value: count, labels })),
    ),
    counter("weft_proxy_certificate_reloads_total", "Times that changed certificate files were read again.", () =>
      labelled(own.certificateReloads, "verdict"),
    ),
    gauge("weft_proxy_certificate_expiry_seconds", "When the proxy's certificate expires, in seconds since 1970.", () =>
      one(secondsOf(sources.certificateExpiresAtMs())),
    ),
    gauge("weft_proxy_kernel_relay", "1 where the kernel relays plain TCP.", () =>
      one(sources.kernel.relay === undefined ? 0 : 1),
    ),
    gauge("weft_proxy_kernel_flows", "Flows that go by the kernel now.", () =>
      one(sources.kernel.relay?.flowCount ?? 0),
    ),
    counter("weft_proxy_kernel_flows_total", "Flows that were given to the kernel.", () =>
      one(sources.kernel.relay?.enteredCount ?? 0),
    ),
    gauge("weft_proxy_connections", "Flows that are open now.", () => one(sources.connectionCount())),
    gauge("weft_proxy_endpoints", "Endpoints that are shut, or probed by one flow at a time.", () =>
      labelled(sources.endpointCounts(), "state"),
    ),
    gauge("weft_proxy_tap_waiting_bytes", "Bytes that wait for taps which take less than comes.", () =>
      one(sources.tapWaitingByteCount()),
    ),
    gauge("weft_proxy_series", "Traffic series that are kept now.", () => one(table.all().length)),
    gauge("weft_proxy_snapshot_version", "The snapshot in use.", () => one(sources.snapshotVersion())),
    gauge("weft_proxy_snapshot_age_seconds", "Since the snapshot in use was last known to be the newest.", () =>
      one(sources.snapshotAgeSeconds()),
    ),
  ];
}

function counter(name: string, help: string, samples: SampledMetric["samples"]): SampledMetric {
  return { name, help, type: "counter", samples };
}

function gauge(name: string, help: string, samples: SampledMetric["samples"]): SampledMetric {
  return { name, help, type: "gauge", samples };
}

function histogram(
  table: SeriesTable,
  name: string,
  help: string,
  of: (histograms: HttpHistograms) => BucketHistogram,
): SampledMetric {
  const samples = () =>
    table.all().flatMap(({ http, labels }) => (http === undefined ? [] : histogramSamples(name, labels, of(http))));
  return { name, help, type: "histogram", samples };
}

function requestSamples(series: TrafficSeries): Sample[] {
  return Array.from(series.requestsByCode, ([code, value]) => ({
    value,
    labels: { ...series.labels, ...codeLabels(code) },
  }));
}

function labelled(counts: ReadonlyMap<string, number>, label: string): Sample[] {
  return Array.from(counts, ([key, value]) => ({ value, labels: { [label]: key } }));
}

function secondsOf(timeMs: number | undefined): number | undefined {
  return timeMs === undefined ? undefined : timeMs / 1000;
}

function one(value: number | undefined): Sample[] {
  return value === undefined ? [] : [{ value }];
}
