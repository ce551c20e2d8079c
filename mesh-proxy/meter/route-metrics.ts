/** The part of `/metrics` that says how HTTPRoutes do. */
import { histogramSamples } from "./histogram-samples.ts";
import type { RouteSeriesTable } from "./route-series-table.ts";
import type { SampledMetric } from "./sampled-metric.ts";

const DURATION = "weft_route_request_duration_milliseconds";

export function routeMetrics(routes: RouteSeriesTable): readonly SampledMetric[] {
  return [
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
