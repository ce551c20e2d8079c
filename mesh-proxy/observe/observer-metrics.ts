/** The part of `/metrics` that says what became of log lines, spans and taps. */
import type { SampledMetric } from "../meter/sampled-metric.ts";
import type { Observer } from "./observer.ts";

export function observerMetrics(observer: Observer): readonly SampledMetric[] {
  const { accessLog, spans } = observer;
  const counter = (name: string, help: string, samples: SampledMetric["samples"]): SampledMetric => {
    return { name, help, type: "counter", samples };
  };
  return [
    counter("weft_access_log_lines_total", "Lines for the access log, dropped ones included.", () => [
      { value: accessLog?.lineCount ?? 0 },
    ]),
    counter("weft_access_log_dropped_total", "Lines that found no room, or that the log's file did not take.", () => [
      { value: accessLog?.droppedCount ?? 0 },
    ]),
    counter("weft_trace_spans_sent_total", "Spans that the collector took.", () => [{ value: spans?.sentCount ?? 0 }]),
    counter(
      "weft_trace_spans_dropped_total",
      "Spans that it did not get: the queue was full, it refused them, it could not be reached for long, or the proxy ended.",
      () => Array.from(spans?.lost ?? [], ([reason, value]) => ({ value, labels: { reason } })),
    ),
    {
      name: "weft_proxy_live_taps",
      help: "People who look at live requests now.",
      type: "gauge",
      samples: () => [{ value: observer.tapCount }],
    },
  ];
}
