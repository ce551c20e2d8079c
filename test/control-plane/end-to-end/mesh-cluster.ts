/** A namespace on the real control plane whose pods run: nodes, mesh-control, and the stand-in for the nodes' kubelets. */
import { randomInt, randomUUID } from "node:crypto";
import type { CoreV1Api } from "@kubernetes/client-node";
import type { Pod } from "../../../core/model/pod.ts";
import type { Clock } from "../../../core/ports/clock.ts";
import type { Log } from "../../../core/ports/log.ts";
import { controlConfigSchema } from "../../../mesh-control/control-config.ts";
import { type RunningControl, startControl } from "../../../mesh-control/start-control.ts";
import { createSystemClock } from "../../../platform/clock/system-clock.ts";
import { type KubernetesClient, openKubernetesClient } from "../../../platform/kubernetes/kubernetes-client.ts";
import {
  clusterKinds,
  type KubernetesClusterView,
  openClusterView,
} from "../../../platform/kubernetes/kubernetes-cluster-view.ts";
import { createLog } from "../../../platform/log/pino-log.ts";
import { parseGrpcRoute } from "../../../platform/schema/grpc-route.ts";
import { parseHttpRoute } from "../../../platform/schema/http-route.ts";
import { parseMeshPolicy } from "../../../platform/schema/mesh-policy.ts";
import { parsePlacementPlan } from "../../../platform/schema/placement-plan.ts";
import { parseServiceFunction } from "../../../platform/schema/service-function.ts";
import { parseServiceFunctionChain } from "../../../platform/schema/service-function-chain.ts";
import { parseServiceFunctionPath } from "../../../platform/schema/service-function-path.ts";
import { waitUntil } from "../../tools/wait-until.ts";
import { coreApi, removePodsAndNodes } from "../cluster-client.ts";
import { handMadeNode } from "../cluster-objects.ts";
import type { ControlPlaneConnection } from "../control-plane.ts";
import { installCrds, kubectl } from "../install-crds.ts";
import { applyManifests } from "./apply-manifests.ts";
import type { Manifest } from "./example-objects.ts";
import { removeNamespacedObjects } from "./remove-namespaced-objects.ts";
import { type StandInKubelet, type StandInKubeletOptions, startStandInKubelet } from "./stand-in-kubelet.ts";

export interface MeshCluster {
  readonly namespace: string;
  readonly core: CoreV1Api;
  readonly client: KubernetesClient;
  readonly view: KubernetesClusterView;
  readonly control: RunningControl;
  readonly kubelet: StandInKubelet;
  readonly clock: Clock;
  readonly log: Log;
  /** Nodes of 4 CPUs, each in a zone of its own. */
  addNodes(...names: readonly string[]): Promise<void>;
  /** Server-side apply into the namespace by kubectl. */
  apply(...manifests: readonly Manifest[]): Promise<void>;
  scale(deployment: string, replicas: number): Promise<void>;
  /** Resolves when a Deployment has so many ready pods, with all of them. */
  readyPods(deployment: string, count: number): Promise<readonly Pod[]>;
  /** Waits, and gives up as soon as a pod cannot be run. */
  until<T>(what: string, check: () => Promise<T | undefined | false> | T | undefined | false): Promise<T>;
  /** Stops everything and removes what controllers could make pods of again. */
  close(): Promise<void>;
}

const waitTimeoutMs = 45_000;

const readers = {
  serviceFunctions: parseServiceFunction,
  serviceFunctionChains: parseServiceFunctionChain,
  serviceFunctionPaths: parseServiceFunctionPath,
  placementPlans: parsePlacementPlan,
  httpRoutes: parseHttpRoute,
  grpcRoutes: parseGrpcRoute,
  meshPolicies: parseMeshPolicy,
};

export async function openMeshCluster(
  connection: ControlPlaneConnection,
  nodes: readonly string[],
  { proxy }: Pick<StandInKubeletOptions, "proxy"> = {},
): Promise<MeshCluster> {
  const [clock, log] = [createSystemClock(), createLog({ level: "error", name: "test" })];
  const namespace = `mesh-${randomUUID().slice(0, 8)}`;
  const core = coreApi(connection);
  await installCrds(connection);
  await core.createNamespace({ body: { metadata: { name: namespace } } });
  const client = openKubernetesClient({ clock, kubeconfigPath: connection.paths.adminKubeconfig });
  const deps = { client, clock, log, random: Math.random };
  const view = openClusterView({ ...deps, kinds: clusterKinds, readers });
  const control = await startControl(controlConfigSchema.parse({ host: "127.0.0.1", port: 0 }), { view, ...deps });
  // The lab's addresses are 127.1 and 127.64 to 127.191: both may run on one machine.
  const addressBlock = `127.${randomInt(192, 255)}`;
  const kubelet = startStandInKubelet({ ...deps, view, nodes, controlUrl: control.url, proxy, addressBlock });

  const until: MeshCluster["until"] = (what, check) =>
    waitUntil(check, { what, timeoutMs: waitTimeoutMs, giveUp: kubelet.failure });
  const cluster: MeshCluster = {
    ...{ namespace, core, client, view, control, kubelet, clock, log, until },
    async addNodes(...names) {
      for (const name of names) {
        const labels = { "topology.kubernetes.io/region": "test", "topology.kubernetes.io/zone": `zone-of-${name}` };
        await core.createNode({ body: handMadeNode({ name, labels, cpu: "4", memory: "8Gi" }) });
      }
    },
    apply: (...manifests) => applyManifests(connection, namespace, manifests),
    async scale(name, replicas) {
      await kubectl(connection, ["scale", "-n", namespace, `deployment/${name}`, `--replicas=${replicas}`]);
    },
    readyPods: (deployment, count) =>
      until(`${deployment} has ${count} ready pods`, () => {
        const pods = view.pods.list().filter((pod) => pod.namespace === namespace && pod.workload.name === deployment);
        const ready = pods.filter(({ isReady, isTerminating }) => isReady && !isTerminating);
        return ready.length === count && pods.length === count && ready;
      }),
    async close() {
      await kubelet.stop();
      await control.stop();
      await view.stop();
      client.close();
      await removeNamespacedObjects(connection, namespace);
      await removePodsAndNodes(core);
    },
  };
  await until("the cluster has been read", () => view.unsynced().length === 0);
  return cluster;
}
