/** What `GET /v1/chains` answers: every chain with its paths, as the controller sees them. */
import type { MeshView } from "../core/ports/cluster-view.ts";
import type { ChainController } from "./controller/chain-controller.ts";
import { objectKey } from "./controller/cluster-state.ts";

type Known = Pick<ChainController, "demands" | "trialsOf" | "statusOf" | "verdictOf">;

export function listChains(view: MeshView, controller: Known) {
  const paths = Map.groupBy(view.serviceFunctionPaths.list(), ({ namespace, chain }) => `${namespace}/${chain}`);
  const chains = view.serviceFunctionChains.list().toSorted((a, b) => (objectKey(a) < objectKey(b) ? -1 : 1));
  return chains.map((chain) => ({
    namespace: chain.namespace,
    name: chain.name,
    generation: chain.generation,
    functions: chain.functions,
    declaredBytesPerSecond: chain.demandBytesPerSecond ?? null,
    /** Null before the first measurement. */
    measuredBytesPerSecond: controller.demands.get(objectKey(chain)) ?? null,
    /** Null where this replica does not lead. */
    status: controller.statusOf(chain.uid) ?? null,
    /** Why the path changed or stayed when it was last looked at; null where the chain cannot run. */
    verdict: controller.verdictOf(chain.uid) ?? null,
    /** Each with how often something was tried on it of late and how often that failed, null where nothing was. */
    paths: (paths.get(objectKey(chain)) ?? [])
      .toSorted((a, b) => b.spi - a.spi)
      .map((path) => ({ ...path, trials: controller.trialsOf(path.spi) ?? null })),
  }));
}
