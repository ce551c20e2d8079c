/** What a path's hop gives to whom, of pods that are there: the same for every proxy, but for the source that asks. */
import type { HopWeight, PathHop } from "../core/model/chain.ts";
import type { MeshPod } from "./mesh-pods.ts";

export interface HopShares {
  /** That take traffic now, by name. */
  readonly pods: readonly MeshPod[];
  /**
   * Weights by the pod's name. A source that the path knows nothing of, such as a node that got its first classifier since, takes
   * the weights of all sources together.
   */
  from(source: string): ReadonlyMap<string, number>;
}

/** @param podNamed only pods that take traffic. O(weights) */
export function hopShares({ weights }: PathHop, podNamed: (name: string) => MeshPod | undefined): HopShares {
  const names = new Set(weights.map(({ to }) => to));
  const pods = [...names].sort().flatMap((name) => podNamed(name) ?? []);
  const alive = new Set(pods.map(({ name }) => name));
  const taken = weights.filter(({ to }) => alive.has(to));
  const all = sumsByPod(taken);
  const known = taken.filter(({ weight }) => weight > 0);
  const bySource = new Map(
    Map.groupBy(known, ({ from }) => from)
      .entries()
      .map(([from, own]) => [from, sumsByPod(own)]),
  );
  return {
    pods,
    from: (source) => bySource.get(source) ?? all,
  };
}

function sumsByPod(weights: readonly HopWeight[]): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const { to, weight } of weights) sums.set(to, (sums.get(to) ?? 0) + weight);
  return sums;
}
