/** What limits turn away, and which endpoints are passed over, by Service. */
import type { PortLimits } from "../guard/port-limits.ts";
import type { ServiceGuard } from "../guard/service-guard.ts";
import type { ServiceGuards } from "../guard/service-guards.ts";
import type { Sample, SampledMetric } from "./sampled-metric.ts";

export interface GuardSources {
  readonly guards: ServiceGuards;
  readonly portLimits: PortLimits;
  readonly nowMs: () => number;
}

export function guardMetrics({ guards, portLimits, nowMs }: GuardSources): readonly SampledMetric[] {
  const each = (samples: (guard: ServiceGuard) => readonly Sample[]) => () =>
    guards.all.flatMap((guard) =>
      samples(guard).map(({ value, labels }) => ({ value, labels: { ...labelsOf(guard), ...labels } })),
    );
  const one = (value: (guard: ServiceGuard) => number | undefined) =>
    each((guard) => {
      const known = value(guard);
      return known === undefined ? [] : [{ value: known }];
    });
  return [
    counter(
      "weft_proxy_limited_total",
      "Requests and connections to a Service that one of its limits turned away.",
      each(({ limited }) => labelled(limited, "reason")),
    ),
    counter(
      "weft_proxy_port_limited_total",
      "Requests and connections to this pod that a rate limit turned away.",
      () => labelled(portLimits.limited, "port"),
    ),
    gauge(
      "weft_proxy_service_connections",
      "Connections to a Service with a traffic policy.",
      one(({ occupancy }) => occupancy.connectionCount),
    ),
    gauge(
      "weft_proxy_service_requests",
      "HTTP requests to a Service with a traffic policy that are under way, or wait for a connection.",
      one(({ occupancy }) => occupancy.requestCount),
    ),
    gauge(
      "weft_proxy_service_pending_requests",
      "Those of them that wait for a connection.",
      one(({ occupancy }) => occupancy.pendingCount),
    ),
    counter(
      "weft_proxy_outlier_ejections_total",
      "Endpoints that were passed over for doing worse than they should.",
      each(({ outliers }) => labelled(outliers?.ejections ?? new Map(), "detector")),
    ),
    gauge(
      "weft_proxy_outlier_ejected_endpoints",
      "Endpoints that are passed over so now.",
      one(({ outliers }) => outliers?.ejectedCount(nowMs())),
    ),
    counter(
      "weft_proxy_health_checks_total",
      "Active health checks of endpoints.",
      each(({ checks, policy }) =>
        policy.healthCheck === undefined ? [] : labelled(new Map(Object.entries(checks)), "result"),
      ),
    ),
    gauge(
      "weft_proxy_unhealthy_endpoints",
      "Endpoints that active health checks have found unsound.",
      one((guard) => (guard.policy.healthCheck === undefined ? undefined : guard.unhealthyCount())),
    ),
  ];
}

function labelsOf({ namespace, service, port }: ServiceGuard): Readonly<Record<string, string>> {
  return {
    destination_service_namespace: namespace,
    destination_service_name: service,
    destination_port: String(port),
  };
}

function labelled(counts: ReadonlyMap<string | number, number>, label: string): Sample[] {
  return Array.from(counts, ([key, value]) => ({ value, labels: { [label]: String(key) } }));
}

function counter(name: string, help: string, samples: SampledMetric["samples"]): SampledMetric {
  return { name, help, type: "counter", samples };
}

function gauge(name: string, help: string, samples: SampledMetric["samples"]): SampledMetric {
  return { name, help, type: "gauge", samples };
}
