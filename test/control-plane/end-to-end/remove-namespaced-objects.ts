import { AppsV1Api, CoreV1Api, CustomObjectsApi } from "@kubernetes/client-node";
import { clusterConfig } from "../cluster-client.ts";
import type { ControlPlaneConnection } from "../control-plane.ts";

const weftPlurals = [
  "servicefunctionchains",
  "servicefunctionpaths",
  "servicefunctions",
  "trafficprofiles",
  "placementplans",
];

/**
 * Removes what tests put into a namespace, but for pods. Suites share the control plane: what stays would be seen by the next
 * one, and its controller manager would make pods of it.
 */
export async function removeNamespacedObjects(connection: ControlPlaneConnection, namespace: string): Promise<void> {
  const config = clusterConfig(connection);
  const apps = config.makeApiClient(AppsV1Api);
  await apps.deleteCollectionNamespacedDeployment({ namespace });
  await apps.deleteCollectionNamespacedReplicaSet({ namespace });
  await config.makeApiClient(CoreV1Api).deleteCollectionNamespacedService({ namespace });
  const objects = config.makeApiClient(CustomObjectsApi);
  for (const plural of weftPlurals)
    await objects.deleteCollectionNamespacedCustomObject({ group: "weft.dev", version: "v1alpha1", namespace, plural });
}
