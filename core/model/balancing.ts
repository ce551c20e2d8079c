/** How the load of a Service is balanced over its endpoints, as the Service's annotation says. */
import type { Parsed } from "./parsed.ts";

/**
 * `weighted`: at random, by the split that keeps traffic near. `round-robin`: the same split, in turn. `random`: any alike.
 * `least-request`: of two drawn by the split the one with less under way. `peak-ewma`: likewise, by how long answers take of late.
 * `ring-hash` and `maglev`: a client's pod stays with an endpoint.
 */
export const balancingPolicies = [
  "weighted",
  "round-robin",
  "random",
  "least-request",
  "peak-ewma",
  "ring-hash",
  "maglev",
] as const;
export type BalancingPolicy = (typeof balancingPolicies)[number];

export const balancingAnnotation = "weft.dev/balancing";

/** Undefined where the Service does not say; a rejection names the annotation. */
export function balancingOf(annotations: Readonly<Record<string, string>>): Parsed<BalancingPolicy> | undefined {
  const text = annotations[balancingAnnotation];
  if (text === undefined) return undefined;
  const value = balancingPolicies.find((policy) => policy === text);
  if (value !== undefined) return { kind: "parsed", value };
  const reason = `"${text.slice(0, 80)}" is none of ${balancingPolicies.join(", ")}`;
  return { kind: "rejected", field: `metadata.annotations["${balancingAnnotation}"]`, reason };
}
