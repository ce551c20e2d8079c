/** What `weft plan --from-cluster` plans. */
import { createSystemClock } from "../platform/clock/system-clock.ts";
import { createProfileStore } from "../platform/kubernetes/kubernetes-profile-store.ts";
import { readCluster } from "../platform/kubernetes/read-cluster.ts";
import { createLog } from "../platform/log/pino-log.ts";
import { createRegistry } from "../platform/prometheus/registry.ts";
import type { ClusterScenarioInput } from "../scheduler/placement/cluster-scenario.ts";
import { liveInput } from "../scheduler/plan/live-input.ts";
import { metricsUrls, openFlowSource } from "./flow-source.ts";
import { type KubernetesOptions, objectReaders, openClient, profileEncoding } from "./kubernetes-connection.ts";

export interface ClusterInputOptions extends KubernetesOptions {
  /** URL of the Prometheus to ask; the proxies are asked if absent. */
  readonly prometheus?: string;
  readonly observeMs: number;
}

/** Tells on stderr where traffic is known from. @throws WeftError as `liveInput` does; config-invalid without a cluster */
export async function clusterInput(options: ClusterInputOptions): Promise<ClusterScenarioInput> {
  const deps = {
    clock: createSystemClock(),
    log: createLog({ level: "warn", name: "plan" }),
    random: Math.random,
  };
  const client = await openClient(options, deps);
  const registry = createRegistry({ component: "plan", version: "0.1.0" });
  try {
    return await liveInput(
      {
        clock: deps.clock,
        readCluster: () => readCluster({ client, readers: objectReaders }),
        openFlowSource: async (pods) =>
          options.prometheus !== undefined || pods.some((pod) => metricsUrls(pod).length > 0)
            ? openFlowSource({ ...deps, registry, url: options.prometheus, pods: () => pods })
            : undefined,
        isFlowSourceRequired: options.prometheus !== undefined,
        profiles: createProfileStore({ client, encoding: profileEncoding }),
        say: (line) => process.stderr.write(`${line}\n`),
      },
      { name: options.context ?? "cluster", observeMs: options.observeMs },
    );
  } finally {
    client.close();
  }
}
