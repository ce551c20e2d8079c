/** The cluster as it is now, for commands that ask once and do not watch. */
import type { ServiceFunction, ServiceFunctionChain } from "../../core/model/chain.ts";
import { type ClusterNode, clusterNodeOf, type NodeObject } from "../../core/model/cluster-node.ts";
import { ConstraintPool } from "../../core/model/constraint-pool.ts";
import type { Parsed } from "../../core/model/parsed.ts";
import { type Pod, type PodObject, podOf } from "../../core/model/pod.ts";
import { type Service, type ServiceObject, serviceOf } from "../../core/model/service.ts";
import type { KubernetesClient } from "./kubernetes-client.ts";
import type { ObjectReaders } from "./kubernetes-cluster-view.ts";
import { listFailure } from "./list-failure.ts";
import { type ListOutcome, listObjects } from "./list-objects.ts";
import { defaultReflectorLimits } from "./reflector-limits.ts";
import { weftPaths } from "./weft-resources.ts";

export interface ClusterReading {
  readonly nodes: readonly ClusterNode[];
  readonly pods: readonly Pod[];
  readonly services: readonly Service[];
  /** Those that can be read; none where Weft's own kinds are not installed. */
  readonly serviceFunctions: readonly ServiceFunction[];
  readonly serviceFunctionChains: readonly ServiceFunctionChain[];
}

export interface ReadClusterOptions {
  readonly client: KubernetesClient;
  readonly readers: Pick<ObjectReaders, "serviceFunctions" | "serviceFunctionChains">;
}

/** @throws WeftError kubernetes-* naming the kind that cannot be listed */
export async function readCluster({ client, readers }: ReadClusterOptions): Promise<ClusterReading> {
  const pool = new ConstraintPool();
  const [nodes, pods, services, serviceFunctions, serviceFunctionChains] = await Promise.all([
    listed(client, "/api/v1/nodes", (raw) => [clusterNodeOf(raw as NodeObject)]),
    listed(client, "/api/v1/pods", (raw) => [pool.sharing(podOf(raw as PodObject))]),
    listed(client, "/api/v1/services", (raw) => [serviceOf(raw as ServiceObject)]),
    listedIfAny(client, weftPaths.serviceFunctions, (raw) => parsedOf(readers.serviceFunctions(raw))),
    listedIfAny(client, weftPaths.serviceFunctionChains, (raw) => parsedOf(readers.serviceFunctionChains(raw))),
  ]);
  return { nodes, pods, services, serviceFunctions, serviceFunctionChains };
}

function parsedOf<T>(parsed: Parsed<T>): readonly T[] {
  return parsed.kind === "parsed" ? [parsed.value] : [];
}

type Read<T> = (raw: unknown) => readonly T[];

async function listed<T>(client: KubernetesClient, path: string, read: Read<T>): Promise<readonly T[]> {
  const outcome = await list(client, path);
  if (outcome.kind !== "listed") throw listFailure(`list ${path}`, outcome);
  return outcome.objects.flatMap(({ raw }) => read(raw));
}

/** Kinds that are not installed have no objects. */
async function listedIfAny<T>(client: KubernetesClient, path: string, read: Read<T>): Promise<readonly T[]> {
  const outcome = await list(client, path);
  if (outcome.kind === "refused" && outcome.answer.statusCode === 404) return [];
  if (outcome.kind !== "listed") throw listFailure(`list ${path}`, outcome);
  return outcome.objects.flatMap(({ raw }) => read(raw));
}

function list(client: KubernetesClient, path: string): Promise<ListOutcome> {
  const { pageSize, objectsMax } = defaultReflectorLimits;
  return listObjects({ client, path, pageSize, objectsMax, signal: new AbortController().signal, onPage: () => {} });
}
