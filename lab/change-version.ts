/** An instance more of a chain's first function while the load runs: what becomes of the flows on the version before. */
import type { ServiceFunctionChain, ServiceFunctionPath } from "../core/model/chain.ts";
import { present } from "../core/model/invariant.ts";
import { selects } from "../core/model/service.ts";
import type { Deployment } from "../platform/schema/deployment.ts";
import type { LabLoad } from "./lab-load.ts";
import { requestTotals } from "./measure.ts";
import { flowsSince, type PathFlows, pathFlows } from "./path-flows.ts";
import type { PodGroup } from "./pod-group.ts";
import type { VersionChange } from "./version-change.ts";
import type { World } from "./world.ts";

export interface VersionChangeDeps {
  readonly world: World;
  readonly group: PodGroup;
  readonly activePath: (chain: string) => ServiceFunctionPath | undefined;
  readonly startLoad: () => Promise<LabLoad>;
  readonly until: (check: () => boolean | Promise<boolean>, what: string) => Promise<void>;
}

/** Undefined for a world without a chain through functions. @throws WeftError upstream-failed naming what did not happen in time */
export async function changeVersion(deps: VersionChangeDeps): Promise<VersionChange | undefined> {
  const chain = deps.world.chains.find(({ functions }) => functions.length > 0);
  const workload = chain && firstFunction(deps.world, chain);
  if (!chain || !workload) return undefined;
  const { group, activePath, until } = deps;
  const spi = () => present(activePath(chain.name), "active path").spi;
  const count = () =>
    pathFlows(
      group.running.map(({ proxy }) => proxy),
      chain.name,
    );
  const [spiBefore, atStart, connectionsAtStart] = [spi(), await count(), clientConnections(group)];

  const load = await deps.startLoad();
  await until(async () => hasRunIn(flowsSince(atStart, await count()).get(spiBefore)), "the end of a flow on the path");
  await group.addReplica(workload);
  await until(() => spi() !== spiBefore, "another version of the path");
  const liveFlows = (await count()).get(spiBefore)?.live ?? 0;
  const requests = requestTotals(await load.ended());

  const flows = flowsSince(atStart, await count());
  const onBefore = flows.get(spiBefore)?.entered ?? 0;
  const entered = sumOf(flows, (path) => path.entered);
  const dialled = entered + sumOf(flows, ({ redialled }) => redialled);
  return {
    ...{ chain: chain.name, function: workload.name, instances: workload.replicas + 1, requests, liveFlows },
    before: { spi: spiBefore, flows: onBefore },
    after: { spi: spi(), flows: entered - onBefore },
    movedFlows: dialled - (clientConnections(group) - connectionsAtStart),
  };
}

/** Flows have come and gone, and others live. */
function hasRunIn(path: PathFlows | undefined): boolean {
  return path !== undefined && path.live > 0 && path.entered > path.live;
}

/** The Deployment whose pods are the chain's first function. */
function firstFunction(world: World, chain: ServiceFunctionChain): Deployment | undefined {
  const { namespace, functions } = chain;
  const first = world.serviceFunctions.find((each) => each.namespace === namespace && each.name === functions[0]);
  return world.deployments.find(
    (each) => each.namespace === namespace && first && selects(first.selector, each.labels),
  );
}

/** That the UPFs opened, one for each session: what the proxies take in beyond these was dialled by the mesh. */
function clientConnections(group: PodGroup): number {
  const opened = group.running.map(({ sample }) => sample.statistics().n6Connections);
  return opened.reduce<number>((sum, count) => sum + (typeof count === "number" ? count : 0), 0);
}

function sumOf(flows: ReadonlyMap<number, PathFlows>, amount: (path: PathFlows) => number): number {
  return [...flows.values()].reduce((sum, path) => sum + amount(path), 0);
}
