/** The hops of chains on which a pod is an instance. */
import { type PathHop, type ServiceFunctionPath, serviceIndexMax } from "../core/model/chain.ts";
import type { ForwardingHop, HopBranch, LocalFunction } from "../core/model/mesh-snapshot.ts";
import { podKey } from "../core/model/pod.ts";
import { hopBranches } from "./hop-branches.ts";
import type { ResolvedPath } from "./hop-endpoints.ts";
import type { MeshIndex } from "./mesh-index.ts";
import type { MeshPod } from "./mesh-pods.ts";
import { type NextStep, nextStep } from "./next-step.ts";
import type { PlaceOnPath } from "./path-index.ts";
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
  const hops = new Map<number, ForwardingHop>();
  // A pod may stand on a path more than once, and what is wrong with the path is told once.
  const problems = new Set<string>();
  for (const place of index.paths.through(podKey(pod))) {
    const { path } = place;
    const own = hopAt(index, pod, place);
    for (const problem of own.problems) problems.add(problem);
    if (own.hop === undefined) continue;
    const key = own.hop.spi * (serviceIndexMax + 1) + own.hop.serviceIndex;
    if (hops.has(key)) problems.add(`path ${path.name} is left out: SPI ${path.spi} is another path's already`);
    else hops.set(key, own.hop);
  }
  return { hops: [...hops.values()], problems: [...problems] };
}

interface HopFound {
  readonly hop: ForwardingHop | undefined;
  readonly problems: readonly string[];
}

function hopAt(index: MeshIndex, pod: MeshPod, { path, position }: PlaceOnPath): HopFound {
  const resolution = index.resolutionOf(path, () => resolvePath(index, path));
  if (resolution.kind === "rejected") return { hop: undefined, problems: [resolution.problem] };
  const { resolved } = resolution;
  const hop = path.hops[position];
  const local = hop && localFunction(index, path, hop);
  if (!local) return { hop: undefined, problems: [] };
  const step = nextStep(index, resolved, position + 1, { pod, name: pod.name });
  if (step.endpoints.length === 0) {
    const isDestinationGone = step.serviceIndex === 0;
    const blocked = `path ${path.name} is blocked: its destination has no live pod`;
    return { hop: undefined, problems: isDestinationGone ? [...step.problems, blocked] : step.problems };
  }
  const { branches, problems } = hopBranches(index, pod, { resolved, hop });
  return {
    hop: forwardingHop(index, resolved, { hop, local, step, branches }),
    problems: [...step.problems, ...problems],
  };
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
