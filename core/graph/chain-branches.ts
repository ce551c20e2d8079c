/** What the branches of chains may not do: lead nowhere, to another Service, in circles, or on for longer than a TTL lasts. */
import type { ChainBranch, ServiceFunction, ServiceFunctionChain } from "../model/chain.ts";
import { functionsPassedMax } from "../model/service-path-header.ts";

export interface BranchFault {
  readonly reason: "BranchNeverTaken" | "BranchChainNotFound" | "BranchLeavesService" | "BranchLoops" | "PathTooLong";
  /** Begins with the field. */
  readonly message: string;
}

/** Both take `namespace/name`. */
export interface BranchContext {
  readonly chainNamed: (key: string) => ServiceFunctionChain | undefined;
  readonly functionNamed: (key: string) => ServiceFunction | undefined;
}

/**
 * The first fault of a chain's branches, and of the longest way that its traffic can take through them. A chain whose branches
 * have one branches nothing off, so that every way ends. O(branches of the namespace) for each branch.
 */
export function branchFault(chain: ServiceFunctionChain, context: BranchContext): BranchFault | undefined {
  for (const [index, branch] of (chain.branches ?? []).entries()) {
    const fault = faultOf(chain, branch, context);
    if (fault !== undefined) return { ...fault, message: `spec.branches[${index}].${fault.message}` };
  }
  return tooLong(chain, context);
}

function faultOf(chain: ServiceFunctionChain, branch: ChainBranch, context: BranchContext): BranchFault | undefined {
  const { namespace, classifier } = chain;
  const origin = context.functionNamed(`${namespace}/${branch.after}`);
  if (origin?.mode === "Tap")
    return { reason: "BranchNeverTaken", message: `after: traffic goes past ${branch.after}, which is a tap` };
  if (branch.match === undefined && origin !== undefined && origin.isReclassifying !== true) {
    const message = `match: is absent, and ${branch.after} does not say itself where traffic goes (reclassifies)`;
    return { reason: "BranchNeverTaken", message };
  }
  const target = context.chainNamed(`${namespace}/${branch.to}`);
  if (target === undefined)
    return {
      reason: "BranchChainNotFound",
      message: `to: there is no ServiceFunctionChain ${branch.to} in ${namespace}`,
    };
  const { to } = target.classifier;
  if (to.service !== classifier.to.service || to.port !== classifier.to.port) {
    const message = `to: ${branch.to} leads to ${to.service}:${to.port}, and a branch does not change where traffic is going`;
    return { reason: "BranchLeavesService", message };
  }
  const way = wayBack(chain, target, context);
  if (way === undefined) return undefined;
  return { reason: "BranchLoops", message: `to: traffic would go in circles: ${way.join(" > ")}` };
}

/** Names of the chains on the shortest way from `chain` over `target` to `chain` again. */
function wayBack(
  chain: ServiceFunctionChain,
  target: ServiceFunctionChain,
  { chainNamed }: BranchContext,
): readonly string[] | undefined {
  const ways = new Map<string, readonly string[]>([[target.name, [chain.name, target.name]]]);
  // A map is gone through in the order in which it grows.
  for (const [name, way] of ways) {
    if (name === chain.name) return way;
    for (const { to } of chainNamed(`${chain.namespace}/${name}`)?.branches ?? [])
      if (!ways.has(to)) ways.set(to, [...way, to]);
  }
  return undefined;
}

function tooLong(chain: ServiceFunctionChain, context: BranchContext): BranchFault | undefined {
  const { passed, way } = longestWay(chain, context, new Map());
  if (passed <= functionsPassedMax) return undefined;
  const through = way.length > 1 ? ` through ${way.join(" > ")}` : "";
  const message = `spec.functions: ${passed} are passed${through}, and a TTL lasts for ${functionsPassedMax}`;
  return { reason: "PathTooLong", message };
}

interface Way {
  readonly passed: number;
  /** Names of the chains. */
  readonly way: readonly string[];
}

/** @param known by chain; a chain that is still being looked at has no way yet, so circles are followed once */
function longestWay(chain: ServiceFunctionChain, context: BranchContext, known: Map<string, Way>): Way {
  const { namespace, name, functions, branches = [] } = chain;
  const before = known.get(name);
  if (before !== undefined) return before;
  known.set(name, { passed: 0, way: [name] });
  const passedOf = (names: readonly string[]) =>
    names.filter((one) => context.functionNamed(`${namespace}/${one}`)?.mode !== "Tap").length;
  const ways = branches.flatMap(({ after, to }): readonly Way[] => {
    const target = context.chainNamed(`${namespace}/${to}`);
    if (target === undefined) return [];
    const behind = longestWay(target, context, known);
    const passed = passedOf(functions.slice(0, functions.indexOf(after) + 1)) + behind.passed;
    return [{ passed, way: [name, ...behind.way] }];
  });
  const longest = ways.reduce((a, b) => (b.passed > a.passed ? b : a), { passed: passedOf(functions), way: [name] });
  known.set(name, longest);
  return longest;
}
