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
  /** Names of the functions passed over. */
  readonly bypassed: readonly string[];
}

/** Looks from the hop at position `first` of the path on. */
export function nextStep(index: MeshIndex, resolved: ResolvedPath, first: number, source: HopSource): NextStep {
  const bypassed: string[] = [];
  for (const hop of resolved.path.hops.slice(first)) {
    const { serviceIndex, function: name } = hop;
    if (name === undefined)
      return { serviceIndex, endpoints: destinationEndpoints(index, resolved, hop, source), bypassed };
    const endpoints = functionEndpoints(index, resolved, hop, source);
    const policy = functionOf(index, resolved.path, name)?.failurePolicy;
    if (endpoints.length > 0 || policy !== "Bypass") return { serviceIndex, endpoints, bypassed };
    bypassed.push(name);
  }
  return { serviceIndex: 0, endpoints: [], bypassed };
}
