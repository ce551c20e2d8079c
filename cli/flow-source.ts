/** Where byte counters come from: a Prometheus, or else the proxies of all pods in the mesh. */
import type { Registry } from "prom-client";
import { meshLabel, proxyMetricsUrl } from "../core/model/mesh-snapshot.ts";
import type { Pod } from "../core/model/pod.ts";
import type { Clock } from "../core/ports/clock.ts";
import type { FlowSource } from "../core/ports/flow-source.ts";
import type { Log } from "../core/ports/log.ts";

export interface FlowSourceOptions {
  /** Of a Prometheus. */
  readonly url: string | undefined;
  readonly pods: () => readonly Pod[];
  readonly registry: Registry;
  readonly clock: Clock;
  readonly log: Log;
}

export async function openFlowSource({ url, pods, ...deps }: FlowSourceOptions): Promise<FlowSource> {
  if (url !== undefined) {
    const { createPrometheusFlowSource } = await import("../platform/prometheus/prometheus-flow-source.ts");
    return createPrometheusFlowSource({ ...deps, url });
  }
  const { createScrapeFlowSource } = await import("../platform/prometheus/scrape-flow-source.ts");
  return createScrapeFlowSource({ ...deps, targets: () => pods().flatMap(metricsUrls) });
}

/** Of the pod's proxy, if it has one that is ready. */
export function metricsUrls({ labels, address, isReady }: Pod): readonly string[] {
  if (labels[meshLabel] !== "enabled" || !address || !isReady) return [];
  return [proxyMetricsUrl(address)];
}
