import type { Command } from "commander";
import type { SfcConfig } from "../../sfc/sfc-config.ts";
import { addComponent, stopInOrder } from "../component-command.ts";
import {
  addKubernetesOptions,
  chainEncoding,
  type KubernetesOptions,
  leaseNamespaceOption,
  objectReaders,
  openClient,
  replicaIdentity,
} from "../kubernetes-connection.ts";

interface SfcOptions extends KubernetesOptions {
  readonly leaseNamespace: string;
}

export function addCommand(program: Command): void {
  addComponent<SfcConfig, SfcOptions>(program, {
    name: "sfc",
    summary: "render chains onto instances: split their traffic, publish paths, report status",
    loadSchema: async () => (await import("../../sfc/sfc-config.ts")).sfcConfigSchema,
    addOptions: (command) => addKubernetesOptions(command).addOption(leaseNamespaceOption()),
    start: async (config, deps, options) => {
      const { openClusterView, meshKinds } = await import("../../platform/kubernetes/kubernetes-cluster-view.ts");
      const { createChainWriter } = await import("../../platform/kubernetes/kubernetes-chain-writer.ts");
      const { createEventRecorder } = await import("../../platform/kubernetes/kubernetes-event-recorder.ts");
      const { startLeaseLeadership } = await import("../../platform/kubernetes/lease-leadership.ts");
      const { startSfc } = await import("../../sfc/start-sfc.ts");
      const { componentRegistry } = await import("../component-metrics.ts");
      const client = await openClient(options, deps);
      const identity = replicaIdentity();
      const view = openClusterView({ client, ...deps, kinds: meshKinds, readers: objectReaders });
      const writer = createChainWriter({ client, encoding: chainEncoding });
      const recorder = createEventRecorder({ client, clock: deps.clock, controller: "weft.dev/sfc", identity });
      const lease = { namespace: options.leaseNamespace, name: "weft-sfc", identity };
      const leadership = startLeaseLeadership({ client, ...deps, ...lease });
      const registry = componentRegistry("sfc", view, deps.clock);
      const sfc = await startSfc(config, { view, writer, recorder, leadership, registry, ...deps });
      return stopInOrder(deps.log, [sfc.stop, () => leadership.stop(), view.stop, async () => client.close()]);
    },
  });
}
