/** The outside Kubernetes client against the suite's control plane, and what tests do with it over and over. */
import { CoreV1Api, KubeConfig } from "@kubernetes/client-node";
import { waitUntil } from "../tools/wait-until.ts";
import type { ControlPlaneConnection } from "./control-plane.ts";

export function clusterConfig(connection: ControlPlaneConnection): KubeConfig {
  const config = new KubeConfig();
  config.loadFromFile(connection.paths.adminKubeconfig);
  return config;
}

export function coreApi(connection: ControlPlaneConnection): CoreV1Api {
  return clusterConfig(connection).makeApiClient(CoreV1Api);
}

/** For suites that may find each other's: what is in it they remove, but a namespace that is deleted takes its time to go. */
export async function ensureNamespace(core: CoreV1Api, name: string): Promise<void> {
  const { items } = await core.listNamespace();
  if (items.some(({ metadata }) => metadata?.name === name)) return;
  await core.createNamespace({ body: { metadata: { name } } });
}

/** The node that the pod was bound to. */
export function waitUntilBound(core: CoreV1Api, name: string, namespace = "default"): Promise<string> {
  return waitUntil(async () => (await core.readNamespacedPod({ name, namespace })).spec?.nodeName, {
    what: `pod ${namespace}/${name} is bound`,
    timeoutMs: 30_000,
  });
}

/** Removes every pod and node, so that the suites which share the control plane do not see each other's. */
export async function removePodsAndNodes(core: CoreV1Api): Promise<void> {
  const pods = await core.listPodForAllNamespaces();
  for (const { metadata } of pods.items) {
    const { name = "", namespace = "" } = metadata ?? {};
    await core.deleteNamespacedPod({ name, namespace, gracePeriodSeconds: 0 });
  }
  await core.deleteCollectionNode();
}
