/** What the manifests of a folder describe. */
import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import type { ServiceFunction, ServiceFunctionChain } from "../core/model/chain.ts";
import type { ClusterNode } from "../core/model/cluster-node.ts";
import type { HttpRoute } from "../core/model/http-route.ts";
import type { Service } from "../core/model/service.ts";
import { WeftError } from "../core/model/weft-error.ts";
import type { Deployment } from "../platform/schema/deployment.ts";
import { type Manifest, parseManifest } from "../platform/schema/manifest.ts";
import { readManifests, rejectionText } from "../platform/yaml/read-manifests.ts";
import { NODES_MAX } from "./address-plan.ts";

/** Workloads with this annotation are the load: they start when everything else is ready. */
const loadAnnotation = "lab.weft.dev/load";

export interface World {
  readonly nodes: readonly ClusterNode[];
  readonly services: readonly Service[];
  readonly routes: readonly HttpRoute[];
  readonly deployments: readonly Deployment[];
  readonly serviceFunctions: readonly ServiceFunction[];
  readonly chains: readonly ServiceFunctionChain[];
}

export function isLoad({ annotations }: Deployment): boolean {
  return annotations[loadAnnotation] === "true";
}

/** Reads every `.yaml` file of a folder, in the order of their names. @throws WeftError manifest-invalid */
export function readWorld(folder: string): World {
  const paths = globSync(path.join(folder, "*.yaml")).sort();
  if (paths.length === 0) throw new WeftError("manifest-invalid", `${folder}: there is no .yaml file`);
  const read = readManifests(
    paths.map((file) => ({ path: file, text: readFileSync(file, "utf8") })),
    parseManifest,
  );
  if (read.kind === "rejected") throw new WeftError("manifest-invalid", rejectionText(read));
  const world = worldOf(read.objects);
  const reason = wrongWith(world);
  if (reason !== undefined) throw new WeftError("manifest-invalid", `${folder}: ${reason}`);
  return world;
}

/** Without load there would be nothing to compare. */
function wrongWith({ nodes, deployments }: World): string | undefined {
  if (nodes.length === 0) return "there is no Node";
  if (nodes.length > NODES_MAX) return `there are ${nodes.length} Nodes, more than ${NODES_MAX}`;
  return deployments.some(isLoad) ? undefined : `no Deployment's pods have the annotation ${loadAnnotation}: "true"`;
}

function worldOf(manifests: readonly Manifest[]): World {
  return {
    nodes: manifests.flatMap((manifest) => (manifest.kind === "Node" ? [manifest.node] : [])),
    services: manifests.flatMap((manifest) => (manifest.kind === "Service" ? [manifest.service] : [])),
    routes: manifests.flatMap((manifest) => (manifest.kind === "Route" ? [manifest.route] : [])),
    deployments: manifests.flatMap((manifest) => (manifest.kind === "Deployment" ? [manifest.deployment] : [])),
    serviceFunctions: manifests.flatMap((manifest) =>
      manifest.kind === "ServiceFunction" ? [manifest.serviceFunction] : [],
    ),
    chains: manifests.flatMap((manifest) => (manifest.kind === "ServiceFunctionChain" ? [manifest.chain] : [])),
  };
}
