import { createMemoryCluster, type MemoryCluster } from "../platform/memory/memory-cluster.ts";
import type { World } from "./world.ts";

/** A cluster that holds what the manifests describe, but for pods: those are made when they are placed. */
export function clusterOf(world: World): MemoryCluster {
  const cluster = createMemoryCluster();
  for (const node of world.nodes) cluster.nodes.put(node);
  for (const service of world.services) cluster.services.put(service);
  for (const route of world.routes) (route.kind === "HTTPRoute" ? cluster.httpRoutes : cluster.grpcRoutes).put(route);
  for (const serviceFunction of world.serviceFunctions) cluster.serviceFunctions.put(serviceFunction);
  for (const chain of world.chains) cluster.serviceFunctionChains.put(chain);
  return cluster;
}
