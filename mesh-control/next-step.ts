/** Where traffic on a path goes next, past functions that may be bypassed because no instance of them is alive. */
import type { WeightedEndpoint } from "../core/model/mesh-snapshot.ts";
import { destinationEndpoints, functionEndpoints, type HopSource, type ResolvedPath } from "./hop-endpoints.ts";
import type { MeshIndex } from "./mesh-index.ts";
import { functionOf } from "./resolve-path.ts";

export interface NextStep {
  /** With which traffic is to arrive there; 0 is the destination. */
  readonly serviceIndex: number;
  /** Empty where a function that must not be bypassed has no live instance: then traffic is refused. */
  readonly endpoints: readonly WeightedEndpoint[];
  /** Which functions are bypassed, or block the path. */
  readonly problems: readonly string[];
}

/** Looks from the hop at position `first` of the path on. */
export function nextStep(index: MeshIndex, resolved: ResolvedPath, first: number, source: HopSource): NextStep {
  const { path } = resolved;
  const problems: string[] = [];
  for (const hop of path.hops.slice(first)) {
    const { serviceIndex, function: name } = hop;
    if (name === undefined)
      return { serviceIndex, endpoints: destinationEndpoints(index, resolved, hop, source), problems };
    const endpoints = functionEndpoints(index, resolved, hop, source);
    if (endpoints.length > 0) return { serviceIndex, endpoints, problems };
    const isBypassed = functionOf(index, path, name)?.failurePolicy === "Bypass";
    const verb = isBypassed ? "bypasses" : "is blocked at";
    problems.push(`chain ${path.chain} ${verb} ${name}: path ${path.spi} has no live instance of it`);
    if (!isBypassed) return { serviceIndex, endpoints, problems };
  }
  return { serviceIndex: 0, endpoints: [], problems };
}
