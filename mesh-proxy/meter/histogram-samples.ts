import type { BucketHistogram } from "./bucket-histogram.ts";
import type { Sample } from "./sampled-metric.ts";

/** A histogram as Prometheus has it. @param scale of what was observed, to the unit of `name` */
export function histogramSamples(
  name: string,
  labels: Readonly<Record<string, string>>,
  of: BucketHistogram,
  scale = 1,
): readonly Sample[] {
  let count = 0;
  const buckets = Array.from(of.counts, (own, index) => {
    count += own;
    const bound = of.bounds[index];
    const le = bound === undefined ? "+Inf" : String(bound * scale);
    return { value: count, labels: { ...labels, le }, metricName: `${name}_bucket` };
  });
  return [
    ...buckets,
    { value: of.sum * scale, labels, metricName: `${name}_sum` },
    { value: count, labels, metricName: `${name}_count` },
  ];
}
