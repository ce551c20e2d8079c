/** A prom-client metric whose values are read when it is scraped: hot paths keep plain numbers and never meet prom-client. */
import type { Metric, Registry } from "prom-client";

export interface Sample {
  readonly value: number;
  readonly labels?: Readonly<Record<string, string>>;
  /** For the parts of a histogram or a summary: `NAME_bucket`, `NAME_sum`, `NAME_count`. */
  readonly metricName?: string;
}

export interface SampledMetric {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram" | "summary";
  readonly samples: () => readonly Sample[];
}

export function registerSampled(registry: Registry, { name, help, type, samples }: SampledMetric): void {
  const metric = { name, get: async () => ({ name, help, type, aggregator: "sum", values: samples() }) };
  // prom-client asks a metric for nothing but its name and `get`.
  registry.registerMetric(metric as unknown as Metric);
}
