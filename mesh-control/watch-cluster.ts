/** Tells of changes of any of the collections, several at a time. */
import type { Clock } from "../core/ports/clock.ts";
import type { Collection, RoutedMeshView } from "../core/ports/cluster-view.ts";

export interface ClusterWatch {
  readonly view: RoutedMeshView;
  readonly clock: Clock;
  /** Changes within this time of the first one are told together; steady changes do not put it off. */
  readonly debounceMs: number;
  readonly onChange: () => void;
}

/** Calls at once, and then after changes, but not before everything has been read. The answer stops it. */
export function watchCluster({ view, clock, debounceMs, onChange }: ClusterWatch): () => void {
  const collections = collectionsOf(view);
  let cancel: (() => void) | undefined;

  function tell(): void {
    cancel = undefined;
    if (hasSynced(view)) onChange();
  }

  const unsubscribes = collections.map((collection) =>
    collection.subscribe(() => {
      cancel ??= clock.after(debounceMs, tell);
    }),
  );
  tell();
  return () => {
    for (const unsubscribe of unsubscribes) unsubscribe();
    cancel?.();
  };
}

export function hasSynced(view: RoutedMeshView): boolean {
  return collectionsOf(view).every((collection) => collection.hasSynced);
}

function collectionsOf(view: RoutedMeshView): readonly Collection<unknown>[] {
  const { pods, nodes, services, httpRoutes, grpcRoutes, meshPolicies } = view;
  const { serviceFunctions, serviceFunctionChains, serviceFunctionPaths } = view;
  const chains = [serviceFunctions, serviceFunctionChains, serviceFunctionPaths];
  return [pods, nodes, services, httpRoutes, grpcRoutes, meshPolicies, ...chains];
}
