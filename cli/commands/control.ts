import type { Command } from "commander";
import type { ControlConfig } from "../../mesh-control/control-config.ts";
import { addComponent, stopInOrder } from "../component-command.ts";
import { addKubernetesOptions, type KubernetesOptions, objectReaders, openClient } from "../kubernetes-connection.ts";

export function addCommand(program: Command): void {
  addComponent<ControlConfig, KubernetesOptions>(program, {
    name: "control",
    summary: "tell the proxies what they need to know: endpoints, splits, paths",
    loadSchema: async () => (await import("../../mesh-control/control-config.ts")).controlConfigSchema,
    addOptions: addKubernetesOptions,
    start: async (config, deps, options) => {
      const { openClusterView, routedMeshKinds } = await import("../../platform/kubernetes/kubernetes-cluster-view.ts");
      const { startControl } = await import("../../mesh-control/start-control.ts");
      const { createRouteStatusWriter } = await import("../../platform/kubernetes/kubernetes-route-status-writer.ts");
      const { componentRegistry } = await import("../component-metrics.ts");
      const client = await openClient(options, deps);
      const view = openClusterView({ client, ...deps, kinds: routedMeshKinds, readers: objectReaders });
      const registry = componentRegistry("control", view, deps.clock);
      const routeStatus = createRouteStatusWriter({ client, clock: deps.clock });
      const control = await startControl(config, { view, registry, routeStatus, ...deps });
      return stopInOrder(deps.log, [control.stop, view.stop, async () => client.close()]);
    },
  });
}
