/** The hops of chains on which a pod is an instance. */
import type { PathHop, ServiceFunctionPath } from "../core/model/chain.ts";
import type { ForwardingHop, HopBranch, LocalFunction } from "../core/model/mesh-snapshot.ts";
import { podKey } from "../core/model/pod.ts";
import { hopBranches } from "./hop-branches.ts";
import type { ResolvedPath } from "./hop-endpoints.ts";
import type { MeshIndex } from "./mesh-index.ts";
import type { MeshPod } from "./mesh-pods.ts";
import { type NextStep, nextStep } from "./next-step.ts";
import { functionOf, resolvePath } from "./resolve-path.ts";

export interface ForwardingHops {
  readonly hops: readonly ForwardingHop[];
  readonly problems: readonly string[];
}

/**
 * Of active paths and of draining ones, whose live flows still pass. A hop with nowhere to go is left out, so that its
 * traffic is refused; so is one whose (SPI, SI) is taken already.
 */
export function forwardingHops(index: MeshIndex, pod: MeshPod): ForwardingHops {
  const hops = new Map<string, ForwardingHop>();
  const problems: string[] = [];
  for (const path of index.paths.through(podKey(pod))) {
    const own = hopsOnPath(index, pod, path);
    problems.push(...own.problems);
    for (const hop of own.hops) {
      const key = `${hop.spi}/${hop.serviceIndex}`;
      if (hops.has(key)) problems.push(`path ${path.name} is left out: SPI ${path.spi} is another path's already`);
      else hops.set(key, hop);
    }
  }
  return { hops: [...hops.values()], problems };
}

function hopsOnPath(index: MeshIndex, pod: MeshPod, path: ServiceFunctionPath): ForwardingHops {
  const resolution = resolvePath(index, path);
  if (resolution.kind === "rejected") return { hops: [], problems: [resolution.problem] };
  const hops: ForwardingHop[] = [];
  const problems: string[] = [];
  for (const [position, hop] of path.hops.entries()) {
    const local = hop.weights.some(({ to }) => to === pod.name) ? localFunction(index, path, hop) : undefined;
    if (!local) continue;
    const step = nextStep(index, resolution.resolved, position + 1, { pod, name: pod.name });
    problems.push(...step.problems);
    if (step.endpoints.length === 0 && step.serviceIndex === 0)
      problems.push(`path ${path.name} is blocked: its destination has no live pod`);
    if (step.endpoints.length === 0) continue;
    const { branches, problems: ofBranches } = hopBranches(index, pod, { resolved: resolution.resolved, hop });
    problems.push(...ofBranches);
    hops.push(forwardingHop(index, resolution.resolved, { hop, local, step, branches }));
  }
  return { hops, problems };
}

interface LocalHop {
  readonly hop: PathHop;
  readonly local: LocalFunction;
  readonly step: NextStep;
  readonly branches: readonly HopBranch[];
}

function forwardingHop(
  { proofs }: MeshIndex,
  { path, port }: ResolvedPath,
  { hop, local, step, branches }: LocalHop,
): ForwardingHop {
  const isPassingBy = step.serviceIndex !== hop.serviceIndex - 1;
  return {
    chain: path.chain,
    spi: path.spi,
    serviceIndex: hop.serviceIndex,
    ...(isPassingBy ? { nextServiceIndex: step.serviceIndex } : {}),
    function: local,
    isSymmetric: path.isSymmetric,
    next: step.endpoints,
    ...(step.taps.length > 0 ? { taps: step.taps } : {}),
    ...(branches.length > 0 ? { branches } : {}),
    ...(proofs ? { proofKey: proofs.keyOf(path, hop.serviceIndex) } : {}),
    protocol: port.protocol,
  };
}

function localFunction(index: MeshIndex, path: ServiceFunctionPath, hop: PathHop): LocalFunction | undefined {
  const found = hop.function === undefined ? undefined : functionOf(index, path, hop.function);
  if (!found) return undefined;
  const { name, port, hasProxyProtocol, failurePolicy, mode, isReclassifying } = found;
  const local = { name, port, hasProxyProtocol, failurePolicy, mode };
  return isReclassifying === true ? { ...local, isReclassifying } : local;
}
