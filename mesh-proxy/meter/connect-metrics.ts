/** The part of `/metrics` that says how far other nodes are. */
import type { ConnectTime, ConnectTimes } from "./connect-times.ts";
import type { SampledMetric } from "./sampled-metric.ts";

export function connectMetrics(times: ConnectTimes): readonly SampledMetric[] {
  const name = "weft_proxy_connect_seconds";
  return [
    {
      name,
      help: "From connect to connected, for connections to other proxies: one round trip, and what this process was late by.",
      type: "summary",
      samples: () =>
        times.all().flatMap((time) => [
          { value: time.sumMs / 1000, labels: labelsOf(time), metricName: `${name}_sum` },
          { value: time.count, labels: labelsOf(time), metricName: `${name}_count` },
        ]),
    },
    {
      name: "weft_proxy_connect_least_seconds",
      help: "The quickest of late connections: as near to the round trip itself as this process can see.",
      type: "gauge",
      samples: () => times.all().map((time) => ({ value: time.leastMs / 1000, labels: labelsOf(time) })),
    },
    {
      name: "weft_proxy_connect_pairs_dropped_total",
      help: "Pairs of nodes whose connect times made room for others'.",
      type: "counter",
      samples: () => [{ value: times.droppedCount }],
    },
  ];
}

function labelsOf({ source, destination }: ConnectTime): Readonly<Record<string, string>> {
  return { source_node: source, destination_node: destination };
}
