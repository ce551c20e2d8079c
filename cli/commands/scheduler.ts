import type { Command } from "commander";
import type { Pod } from "../../core/model/pod.ts";
import { WeftError } from "../../core/model/weft-error.ts";
import type { Collection } from "../../core/ports/cluster-view.ts";
import type { SchedulerConfig } from "../../scheduler/scheduler-config.ts";
import { addComponent, stopInOrder } from "../component-command.ts";
import { openFlowSource } from "../flow-source.ts";
import {
  addKubernetesOptions,
  type KubernetesOptions,
  leaseNamespaceOption,
  objectReaders,
  openClient,
  planEncoding,
  profileEncoding,
  replicaIdentity,
} from "../kubernetes-connection.ts";

/** Services and Weft's own kinds tell of demand that is to come; nothing waits for them, they may not even be installed. */
const demandKinds = ["pods", "nodes", "services", "serviceFunctions", "serviceFunctionChains"] as const;
type SchedulerKind = (typeof demandKinds)[number] | "placementPlans";

interface SchedulerOptions extends KubernetesOptions {
  readonly prometheus?: string;
  readonly leaseNamespace: string;
}

export function addCommand(program: Command): void {
  addComponent<SchedulerConfig, SchedulerOptions>(program, {
    name: "scheduler",
    summary: "answer kube-scheduler's extender calls by the byte flows that proxies meter",
    loadSchema: async () => (await import("../../scheduler/scheduler-config.ts")).schedulerConfigSchema,
    addOptions: (command) =>
      addKubernetesOptions(command)
        .option("--prometheus <url>", "read flows from this Prometheus instead of every proxy")
        .addOption(leaseNamespaceOption()),
    start: async (config, deps, options) => {
      const { openClusterView } = await import("../../platform/kubernetes/kubernetes-cluster-view.ts");
      const { bindPod } = await import("../../platform/kubernetes/bind-pod.ts");
      const { componentRegistry } = await import("../component-metrics.ts");
      const { startScheduler } = await import("../../scheduler/scheduler.ts");
      const { createProfileStore } = await import("../../platform/kubernetes/kubernetes-profile-store.ts");
      const { createEventRecorder } = await import("../../platform/kubernetes/kubernetes-event-recorder.ts");
      const { createPlanWriter } = await import("../../platform/kubernetes/kubernetes-plan-writer.ts");
      const { createPodEvictor } = await import("../../platform/kubernetes/kubernetes-pod-evictor.ts");
      const { createPodRelease } = await import("../../platform/kubernetes/kubernetes-pod-release.ts");
      const { startLeaseLeadership } = await import("../../platform/kubernetes/lease-leadership.ts");
      const client = await openClient(options, deps);
      const plansNamespace = options.leaseNamespace;
      const isRescheduling = config.rescheduler.mode !== "off";
      const kinds = isRescheduling ? ([...demandKinds, "placementPlans"] as const) : demandKinds;
      const view = openClusterView<SchedulerKind>({ client, ...deps, kinds, readers: objectReaders, plansNamespace });
      const registry = componentRegistry("scheduler", view, deps.clock);
      const flowSource = await openFlowSource({
        ...deps,
        registry,
        url: options.prometheus,
        pods: () => listedPods(view.pods),
      });
      const store = createProfileStore({ client, encoding: profileEncoding });
      const identity = replicaIdentity();
      const recorder = createEventRecorder({ client, clock: deps.clock, controller: "weft.dev/scheduler", identity });
      const lease = { namespace: plansNamespace, name: "weft-scheduler", identity };
      const leadership = startLeaseLeadership({ client, ...deps, ...lease });
      const rescheduling = {
        placementPlans: view.placementPlans,
        planWriter: createPlanWriter({ client, encoding: planEncoding }),
        evictor: createPodEvictor(client),
        leadership,
        namespace: plansNamespace,
      };
      const scheduler = await startScheduler(config, {
        ...deps,
        view,
        flowSource,
        registry,
        recorder,
        profiles: { store, leadership },
        gates: { release: createPodRelease({ client }), leadership },
        ...(isRescheduling && { rescheduling }),
        bindPod: ({ namespace, name, uid, node }) => bindPod(client, { namespace, name, uid, node }),
      });
      return stopInOrder(deps.log, [scheduler.stop, () => leadership.stop(), view.stop, async () => client.close()]);
    },
  });
}

/** Before the pods have been read there is nothing to scrape, which is not the same as no traffic. */
function listedPods({ hasSynced, list }: Collection<Pod>): readonly Pod[] {
  if (hasSynced) return list();
  throw new WeftError("telemetry-unavailable", "which pods have a proxy is not known yet");
}
