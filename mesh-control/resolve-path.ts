/** A path with everything that it names, or what of it is missing. */
import type { ServiceFunction, ServiceFunctionPath } from "../core/model/chain.ts";
import { isDatagramProtocol, portNumbered } from "../core/model/service.ts";
import type { ResolvedPath } from "./hop-endpoints.ts";
import type { MeshIndex } from "./mesh-index.ts";

export type PathResolution =
  | { readonly kind: "resolved"; readonly resolved: ResolvedPath }
  | { readonly kind: "rejected"; readonly problem: string };

/** The chain's present classifier names the Service, since a path itself does not. */
export function resolvePath(index: MeshIndex, path: ServiceFunctionPath): PathResolution {
  const chain = index.chains.get(`${path.namespace}/${path.chain}`);
  if (!chain) return rejected(path, `the chain "${path.chain}" is not known`);
  const { service: serviceName, port: portNumber } = chain.classifier.to;
  const service = index.services.get(`${path.namespace}/${serviceName}`);
  if (!service) return rejected(path, `the Service "${serviceName}" of its chain is not known`);
  const port = portNumbered(service, portNumber);
  if (!port || isDatagramProtocol(port.protocol))
    return rejected(path, `the Service "${serviceName}" has no TCP port ${portNumber}`);
  const reason = hopsReason(index, path);
  return reason === undefined ? { kind: "resolved", resolved: { path, service, port } } : rejected(path, reason);
}

export function functionOf(index: MeshIndex, path: ServiceFunctionPath, name: string): ServiceFunction | undefined {
  return index.functions.get(`${path.namespace}/${name}`);
}

function hopsReason(index: MeshIndex, path: ServiceFunctionPath): string | undefined {
  const last = path.hops.at(-1);
  if (!last || last.function !== undefined) return "its last hop is not the destination";
  for (const { function: name, serviceIndex } of path.hops.slice(0, -1)) {
    if (name === undefined) return `its hop ${serviceIndex} has no function`;
    if (!functionOf(index, path, name)) return `the ServiceFunction "${name}" of its hop ${serviceIndex} is not known`;
  }
  const indexes = path.hops.map(({ serviceIndex }) => serviceIndex);
  const isCountingDown = indexes.every((value, at) => value === path.hops.length - 1 - at);
  return isCountingDown ? undefined : `its service indexes ${indexes.join(", ")} do not count down to 0 one by one`;
}

function rejected(path: ServiceFunctionPath, reason: string): PathResolution {
  return { kind: "rejected", problem: `path ${path.namespace}/${path.name} is left out: ${reason}` };
}
