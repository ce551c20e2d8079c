/** Where traffic on a path goes next, past taps and past functions that may be bypassed because no instance of them is alive. */
import { mayBeBypassed } from "../core/model/chain.ts";
import type { PathTap, WeightedEndpoint } from "../core/model/mesh-snapshot.ts";
import { destinationEndpoints, functionEndpoints, type HopSource, type ResolvedPath } from "./hop-endpoints.ts";
import type { MeshIndex } from "./mesh-index.ts";
import { functionOf } from "./resolve-path.ts";

export interface NextStep {
  /** With which traffic is to arrive there; 0 is the destination. */
  readonly serviceIndex: number;
  /** Empty where a function that must not be bypassed has no live instance: then traffic is refused. */
  readonly endpoints: readonly WeightedEndpoint[];
  /** What is to get a copy on the way there. */
  readonly taps: readonly PathTap[];
  /** Which functions are bypassed, block the path, or get no copy. */
  readonly problems: readonly string[];
}

/** Looks from the hop at position `first` of the path on. */
export function nextStep(index: MeshIndex, resolved: ResolvedPath, first: number, source: HopSource): NextStep {
  const { path } = resolved;
  const problems: string[] = [];
  const taps: PathTap[] = [];
  for (const hop of path.hops.slice(first)) {
    const { serviceIndex, function: name } = hop;
    if (name === undefined)
      return { serviceIndex, endpoints: destinationEndpoints(index, resolved, hop, source), taps, problems };
    const endpoints = functionEndpoints(index, resolved, hop, source);
    const passed = functionOf(index, path, name);
    const isTap = passed?.mode === "Tap";
    if (endpoints.length > 0 && !isTap) return { serviceIndex, endpoints, taps, problems };
    if (endpoints.length > 0) {
      taps.push({ function: name, serviceIndex, isSymmetric: path.isSymmetric, next: endpoints });
      continue;
    }
    const isBypassed = passed !== undefined && mayBeBypassed(passed);
    const verb = isBypassed ? "bypasses" : "is blocked at";
    problems.push(`chain ${path.chain} ${verb} ${name}: path ${path.spi} has no live instance of it`);
    if (!isBypassed) return { serviceIndex, endpoints, taps, problems };
  }
  return { serviceIndex: 0, endpoints: [], taps, problems };
}
