/** Where traffic goes on that leaves its chain behind a function. */
import type { ChainBranch, PathHop } from "../core/model/chain.ts";
import type { HopBranch, UpstreamPath } from "../core/model/mesh-snapshot.ts";
import type { ResolvedPath } from "./hop-endpoints.ts";
import type { MeshIndex } from "./mesh-index.ts";
import type { MeshPod } from "./mesh-pods.ts";
import { nextStep } from "./next-step.ts";
import { resolvePath } from "./resolve-path.ts";

export interface HopBranches {
  readonly branches: readonly HopBranch[];
  readonly problems: readonly string[];
}

interface BranchingHop {
  readonly resolved: ResolvedPath;
  readonly hop: PathHop;
}

/** A branch to a chain that has no path in use is left out: its traffic stays on the chain that it came by. */
export function hopBranches(index: MeshIndex, pod: MeshPod, { resolved, hop }: BranchingHop): HopBranches {
  const { path, port } = resolved;
  const key = `${path.namespace}/${path.chain}`;
  const own = (index.chains.get(key)?.branches ?? []).filter(({ after }) => after === hop.function);
  if (own.length === 0) return { branches: [], problems: [] };
  const fault = index.branchFaults.get(key);
  if (fault !== undefined) return leftOut(`chain ${path.chain} branches nothing off: ${fault.message}`);
  const all = own.map((branch) => {
    const isSeen = branch.match?.http === undefined || port.protocol === "http1";
    const reason = `its http keys are of HTTP/1.1 requests, and the port speaks ${port.protocol}`;
    return isSeen ? branchTo(index, pod, branch) : leftOut(noneTo(branch, reason));
  });
  return { branches: all.flatMap((one) => one.branches), problems: all.flatMap((one) => one.problems) };
}

function branchTo(index: MeshIndex, pod: MeshPod, branch: ChainBranch): HopBranches {
  const { to: chain, match } = branch;
  const path = index.paths.activeOf(`${pod.namespace}/${chain}`);
  if (path === undefined) return leftOut(noneTo(branch, "it has no path in use"));
  const resolution = index.resolutionOf(path, () => resolvePath(index, path));
  if (resolution.kind === "rejected") return leftOut(noneTo(branch, resolution.problem));
  const { serviceIndex, endpoints, taps, problems } = nextStep(index, resolution.resolved, 0, { pod, name: pod.node });
  const when = match && { when: match };
  if (endpoints.length === 0) return { branches: [{ chain, ...when }], problems };
  const extras = { ...(taps.length > 0 && { taps }), ...(index.proofs && { isProved: true }) };
  const entry: UpstreamPath = { chain, spi: path.spi, serviceIndex, next: endpoints, ...extras };
  return { branches: [{ chain, ...when, path: entry }], problems };
}

function noneTo({ after, to }: ChainBranch, reason: string): string {
  return `nothing branches off behind ${after} to chain ${to}: ${reason}`;
}

function leftOut(problem: string): HopBranches {
  return { branches: [], problems: [problem] };
}
