import type { MeshView } from "../../../core/ports/cluster-view.ts";
import { objectKey } from "../cluster-state.ts";
import { sortPaths } from "../path-lifecycle.ts";
import type { PathMemory } from "../path-memory.ts";
import { changeOf } from "./chain-history.ts";
import type { WatchedChange } from "./path-watch.ts";

/** Chains of which one path has taken over from another that is still there. O(paths). */
export function watchedChanges(
  view: Pick<MeshView, "serviceFunctionChains" | "serviceFunctionPaths">,
  memory: PathMemory,
  nowMs: number,
): readonly WatchedChange[] {
  const paths = memory.current(view.serviceFunctionPaths.list(), nowMs);
  const pathsOf = Map.groupBy(paths, ({ namespace, chain }) => `${namespace}/${chain}`);
  return view.serviceFunctionChains.list().flatMap((chain): readonly WatchedChange[] => {
    const refusals = memory.refusalsOf(chain);
    const change = changeOf(sortPaths(pathsOf.get(objectKey(chain)) ?? [], memory.notes, refusals), refusals);
    return change ? [{ chainUid: chain.uid, ...change }] : [];
  });
}
