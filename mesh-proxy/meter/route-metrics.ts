/** The part of `/metrics` that says how routes of the Gateway API do. */
import { histogramSamples } from "./histogram-samples.ts";
import type { RouteCounters } from "./route-counters.ts";
import type { RouteSeriesTable } from "./route-series-table.ts";
import type { SampledMetric } from "./sampled-metric.ts";

const DURATION = "weft_route_request_duration_milliseconds";

export function routeMetrics(routes: RouteSeriesTable, { retries, events }: RouteCounters): readonly SampledMetric[] {
  return [
    {
      name: "weft_retries_total",
      help: "Retries of requests that a route of the Gateway API has retried, and what became of such requests.",
      type: "counter",
      samples: () =>
        Array.from(retries.all(), ({ route, what, count }) => ({
          value: count,
          labels: { weft_route: route, outcome: what },
        })),
    },
    {
      name: "weft_route_events_total",
      help: "Requests that routes of the Gateway API answered, delayed, broke off or copied.",
      type: "counter",
      samples: () =>
        Array.from(events.all(), ({ route, what, count }) => ({
          value: count,
          labels: { weft_route: route, event: what },
        })),
    },
    {
      name: "weft_route_requests_total",
      help: "Requests with their response that an HTTPRoute sent to a backend.",
      type: "counter",
      samples: () =>
        routes.all().flatMap(({ labels, requestsByStatus }) =>
          Array.from(requestsByStatus, ([status, value]) => ({
            value,
            labels: { ...labels, response_code: String(status) },
          })),
        ),
    },
    {
      name: DURATION,
      help: "From such a request's head to its response's end.",
      type: "histogram",
      samples: () => routes.all().flatMap(({ labels, http }) => histogramSamples(DURATION, labels, http.durationMs)),
    },
    {
      name: "weft_route_series_dropped_total",
      help: "Routes and backends whose counts made room for others.",
      type: "counter",
      samples: () => [{ value: routes.droppedCount }],
    },
  ];
}
