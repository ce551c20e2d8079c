/** The options with which components find the API server, and the client that they share. */
import { hostname } from "node:os";
import { type Command, Option } from "commander";
import { chainStatusObject, parseChainStatus } from "../platform/schema/chain-status.ts";
import { parseGrpcRoute } from "../platform/schema/grpc-route.ts";
import { parseHttpRoute } from "../platform/schema/http-route.ts";
import { parseMeshPolicy } from "../platform/schema/mesh-policy.ts";
import { parsePlacementPlan, placementPlanSpecObject } from "../platform/schema/placement-plan.ts";
import { planStatusObject } from "../platform/schema/placement-plan-status.ts";
import { parseServiceFunction } from "../platform/schema/service-function.ts";
import { parseServiceFunctionChain } from "../platform/schema/service-function-chain.ts";
import { parseServiceFunctionPath, serviceFunctionPathObject } from "../platform/schema/service-function-path.ts";
import { parseTrafficProfile, trafficProfileObject } from "../platform/schema/traffic-profile.ts";
import type { ComponentDeps } from "./component-command.ts";

export interface KubernetesOptions {
  readonly kubeconfig?: string;
  readonly context?: string;
}

export function addKubernetesOptions(command: Command): Command {
  return command
    .option(
      "--kubeconfig <file>",
      "how to reach the API server; in a pod its service account, else KUBECONFIG or ~/.kube/config",
    )
    .option("--context <name>", "context of the kubeconfig; its current one unless given");
}

/** Where replicas find out which of them leads. */
export function leaseNamespaceOption(): Option {
  return new Option("--lease-namespace <name>", "where the replicas' Lease is")
    .default("weft-system")
    .env("POD_NAMESPACE");
}

/** Not another replica's, nor this one's before a restart. */
export function replicaIdentity(): string {
  return `${hostname()}_${crypto.randomUUID()}`;
}

export const objectReaders = {
  httpRoutes: parseHttpRoute,
  grpcRoutes: parseGrpcRoute,
  serviceFunctions: parseServiceFunction,
  serviceFunctionChains: parseServiceFunctionChain,
  serviceFunctionPaths: parseServiceFunctionPath,
  placementPlans: parsePlacementPlan,
  meshPolicies: parseMeshPolicy,
};

export const chainEncoding = {
  encodePath: serviceFunctionPathObject,
  encodeChainStatus: chainStatusObject,
  parseChainStatus,
};

export const profileEncoding = { encodeProfile: trafficProfileObject, parseProfile: parseTrafficProfile };

export const planEncoding = {
  encodePlanSpec: placementPlanSpecObject,
  encodePlanStatus: planStatusObject,
  parsePlan: parsePlacementPlan,
};

/** client-node is loaded here and only now: it takes 70 MB, which other commands need not pay. */
export async function openClient({ kubeconfig, context }: KubernetesOptions, { clock }: ComponentDeps) {
  const { openKubernetesClient } = await import("../platform/kubernetes/kubernetes-client.ts");
  return openKubernetesClient({ clock, kubeconfigPath: kubeconfig, context });
}
