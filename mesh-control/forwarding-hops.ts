/** The hops of chains on which a pod is an instance. */
import type { PathHop, ServiceFunctionPath } from "../core/model/chain.ts";
import type { ForwardingHop, LocalFunction } from "../core/model/mesh-snapshot.ts";
import { podKey } from "../core/model/pod.ts";
import type { ResolvedPath } from "./hop-endpoints.ts";
import type { MeshIndex } from "./mesh-index.ts";
import type { MeshPod } from "./mesh-pods.ts";
import { nextStep } from "./next-step.ts";
import { functionOf, resolvePath } from "./resolve-path.ts";

export interface ForwardingHops {
  readonly hops: readonly ForwardingHop[];
  readonly problems: readonly string[];
}

/** Of active paths and of draining ones, whose live flows still pass. A (SPI, SI) that is taken already is a problem. */
export function forwardingHops(index: MeshIndex, pod: MeshPod): ForwardingHops {
  const hops = new Map<string, ForwardingHop>();
  const problems: string[] = [];
  for (const path of index.paths.through(podKey(pod))) {
    const resolution = resolvePath(index, path);
    if (resolution.kind === "rejected") {
      problems.push(resolution.problem);
      continue;
    }
    for (const [position, hop] of path.hops.entries()) {
      const forwarding = forwardingHop(index, pod, resolution.resolved, position);
      if (!forwarding) continue;
      const key = `${path.spi}/${hop.serviceIndex}`;
      if (hops.has(key)) problems.push(`path ${path.name} is left out: SPI ${path.spi} is another path's already`);
      else hops.set(key, forwarding);
    }
  }
  return { hops: [...hops.values()], problems };
}

function forwardingHop(
  index: MeshIndex,
  pod: MeshPod,
  resolved: ResolvedPath,
  position: number,
): ForwardingHop | undefined {
  const { path, port } = resolved;
  const hop = path.hops[position];
  const local = hop?.weights.some(({ to }) => to === pod.name) ? localFunction(index, path, hop) : undefined;
  if (!hop || !local) return undefined;
  const step = nextStep(index, resolved, position + 1, { pod, name: pod.name });
  const isBypassing = step.serviceIndex !== hop.serviceIndex - 1;
  return {
    chain: path.chain,
    spi: path.spi,
    serviceIndex: hop.serviceIndex,
    ...(isBypassing ? { nextServiceIndex: step.serviceIndex } : {}),
    function: local,
    isSymmetric: path.isSymmetric,
    next: step.endpoints,
    protocol: port.protocol,
  };
}

function localFunction(index: MeshIndex, path: ServiceFunctionPath, hop: PathHop): LocalFunction | undefined {
  const found = hop.function === undefined ? undefined : functionOf(index, path, hop.function);
  if (!found) return undefined;
  const { name, port, hasProxyProtocol, failurePolicy, mode } = found;
  return { name, port, hasProxyProtocol, failurePolicy, mode };
}
