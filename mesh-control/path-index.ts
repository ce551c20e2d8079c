/** Service function paths as proxies meet them: as classifiers, and as instances. */
import type { ServiceFunctionChain, ServiceFunctionPath } from "../core/model/chain.ts";
import { compareChains } from "../core/model/chain-order.ts";
import { serviceKey } from "../core/model/service.ts";

export interface PathOfChain {
  readonly chain: ServiceFunctionChain;
  readonly path: ServiceFunctionPath;
}

export interface PlaceOnPath {
  readonly path: ServiceFunctionPath;
  /** Among the path's hops. */
  readonly position: number;
}

export interface PathIndex {
  /** One active path for each chain of the namespace, in the order in which classifiers are asked. */
  activeIn(namespace: string): readonly PathOfChain[];
  /** The chain's path that new traffic takes. */
  activeOf(chainKey: string): ServiceFunctionPath | undefined;
  /** Where the pod is an instance of a function, on draining paths too; by SPI. */
  through(podKey: string): readonly PlaceOnPath[];
  /** Every path of a namespace, draining ones too, whose chain is known; by SPI. */
  all(namespace: string): readonly PathOfChain[];
}

export function pathIndex(
  paths: readonly ServiceFunctionPath[],
  chains: ReadonlyMap<string, ServiceFunctionChain>,
): PathIndex {
  const bySpi = [...paths].sort((a, b) => a.spi - b.spi || (serviceKey(a) < serviceKey(b) ? -1 : 1));
  const newest = newestActive(bySpi, chains);
  const active = inOrder(newest.values());
  const through = byInstance(bySpi);
  const all = Map.groupBy(
    bySpi.flatMap((path) => {
      const chain = chains.get(`${path.namespace}/${path.chain}`);
      return chain ? [{ chain, path }] : [];
    }),
    ({ path }) => path.namespace,
  );
  return {
    activeIn: (namespace) => active.get(namespace) ?? [],
    activeOf: (chainKey) => newest.get(chainKey)?.path,
    through: (podKey) => through.get(podKey) ?? [],
    all: (namespace) => all.get(namespace) ?? [],
  };
}

/** While a chain changes over, two of its paths may be active at once: the newer generation counts, then the higher SPI. */
function newestActive(
  paths: readonly ServiceFunctionPath[],
  chains: ReadonlyMap<string, ServiceFunctionChain>,
): ReadonlyMap<string, PathOfChain> {
  const newest = new Map<string, PathOfChain>();
  for (const path of paths) {
    const key = `${path.namespace}/${path.chain}`;
    const chain = chains.get(key);
    const other = newest.get(key)?.path;
    if (!path.isActive || !chain || (other && other.chainGeneration > path.chainGeneration)) continue;
    newest.set(key, { chain, path });
  }
  return newest;
}

function inOrder(active: Iterable<PathOfChain>): ReadonlyMap<string, readonly PathOfChain[]> {
  const ordered = [...active].sort(({ chain: a }, { chain: b }) => compareChains(a, b));
  return Map.groupBy(ordered, ({ chain }) => chain.namespace);
}

function byInstance(paths: readonly ServiceFunctionPath[]): ReadonlyMap<string, readonly PlaceOnPath[]> {
  const through = new Map<string, PlaceOnPath[]>();
  for (const path of paths) {
    for (const [position, hop] of path.hops.entries()) {
      if (hop.function === undefined) continue;
      for (const name of new Set(hop.weights.map(({ to }) => to))) {
        const key = `${path.namespace}/${name}`;
        const known = through.get(key);
        if (known) known.push({ path, position });
        else through.set(key, [{ path, position }]);
      }
    }
  }
  return through;
}
