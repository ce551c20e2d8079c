import type { RouteCounters } from "./route-counters.ts";
import type { SampledMetric } from "./sampled-metric.ts";

export function routeMetrics({ retries, events }: RouteCounters): readonly SampledMetric[] {
  return [
    {
      name: "weft_retries_total",
      help: "Retries of requests that a route of the Gateway API has retried, and what became of such requests.",
      type: "counter",
      samples: () =>
        Array.from(retries.all(), ({ route, what, count }) => ({ value: count, labels: { route, outcome: what } })),
    },
    {
      name: "weft_route_events_total",
      help: "Requests that routes of the Gateway API answered, delayed, broke off or copied.",
      type: "counter",
      samples: () =>
        Array.from(events.all(), ({ route, what, count }) => ({ value: count, labels: { route, event: what } })),
    },
  ];
}
