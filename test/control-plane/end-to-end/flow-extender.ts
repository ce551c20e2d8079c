/** The scheduler extender over a real cluster, learning from the proxies of its pods; quick, so that tests need not wait. */
import { proxyMetricsUrl } from "../../../core/model/mesh-snapshot.ts";
import { createEventRecorder } from "../../../platform/kubernetes/kubernetes-event-recorder.ts";
import { createRegistry } from "../../../platform/prometheus/registry.ts";
import { createScrapeFlowSource } from "../../../platform/prometheus/scrape-flow-source.ts";
import type { Rescheduling } from "../../../scheduler/reschedule/rescheduler.ts";
import { type RunningScheduler, startScheduler } from "../../../scheduler/scheduler.ts";
import { schedulerConfigSchema } from "../../../scheduler/scheduler-config.ts";
import type { MeshCluster } from "./mesh-cluster.ts";

export interface FlowExtender {
  readonly url: string;
  /** Bytes per second between two workloads of the namespace, both directions; 0 where nothing is known. `GET /v1/flows` */
  bytesPerSecond(source: string, destination: string): Promise<number>;
  /** `GET /v1/explain/{namespace}/{pod}` */
  explain(pod: string): Promise<Explanation>;
  stop(): Promise<void>;
}

/** The part of an explanation that tests look at. */
export interface Explanation {
  readonly pod: { readonly workload: string };
  readonly plugin: string;
  readonly prioritize: {
    readonly neutral?: { readonly reason: string };
    readonly intended?: { readonly node: string; readonly why: string };
    readonly nodes: readonly {
      readonly node: string;
      readonly score: number;
      readonly neighbours?: readonly { readonly workload: string; readonly replicas: number }[];
    }[];
  };
}

interface FlowList {
  readonly flows: readonly {
    readonly source: { readonly namespace: string; readonly workload: string };
    readonly destination: { readonly namespace: string; readonly workload: string };
    readonly requestBytesPerSecond: number;
    readonly responseBytesPerSecond: number;
  }[];
}

export interface FlowExtenderOptions {
  /** Any free one unless told. */
  readonly port?: number;
  /** Over what makes it quick. */
  readonly config?: object;
  readonly rescheduling?: Rescheduling;
}

export async function startFlowExtender(
  cluster: MeshCluster,
  { port = 0, config: changes = {}, rescheduling }: FlowExtenderOptions = {},
): Promise<FlowExtender> {
  const { client, view, clock, log, namespace } = cluster;
  const registry = createRegistry({ component: "test", version: "0" });
  const flowSource = createScrapeFlowSource({ targets: () => metricsUrls(cluster), clock, log, registry });
  const quick = { pollIntervalMs: 200, halfLifeMs: 500 };
  const config = schedulerConfigSchema.parse({ host: "127.0.0.1", port, plugin: "locality", ...quick, ...changes });
  const recorder = createEventRecorder({ client, clock, controller: "weft.dev/scheduler", identity: "extender" });
  const deps = { view, flowSource, clock, log, recorder, ...(rescheduling && { rescheduling }) };
  const running: RunningScheduler = await startScheduler(config, deps);

  async function get(path: string): Promise<unknown> {
    const response = await fetch(`${running.url}${path}`);
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response.json();
  }

  return {
    url: running.url,
    async bytesPerSecond(source, destination) {
      const { flows } = (await get("/v1/flows")) as FlowList;
      const isEnd = (end: { readonly namespace: string; readonly workload: string }, workload: string) =>
        end.namespace === namespace && end.workload === workload;
      const found = flows.find((flow) => isEnd(flow.source, source) && isEnd(flow.destination, destination));
      return (found?.requestBytesPerSecond ?? 0) + (found?.responseBytesPerSecond ?? 0);
    },
    explain: async (pod) => (await get(`/v1/explain/${namespace}/${pod}`)) as Explanation,
    stop: running.stop,
  };
}

function metricsUrls({ view, namespace }: MeshCluster): readonly string[] {
  const pods = view.pods.list().filter((pod) => pod.namespace === namespace && pod.isReady);
  return pods.flatMap(({ address }) => (address ? [proxyMetricsUrl(address)] : []));
}
