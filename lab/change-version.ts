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
  const before = await stateOf(deps, chain.name);
  const { liveFlows, pods } = await changeUnderLoad(deps, { chain: chain.name, workload, before });
  const after = await stateOf(deps, chain.name);
  const flows = flowsSince(before.flows, after.flows);
  const entered = sumOf(flows, (path) => path.entered);
  const dialled = entered + sumOf(flows, ({ redialled }) => redialled);
  const onBefore = flows.get(before.spi)?.entered ?? 0;
  return {
    ...{ chain: chain.name, function: workload.name, instances: workload.replicas + 1, liveFlows },
    before: { spi: before.spi, flows: onBefore },
    after: { spi: after.spi, flows: entered - onBefore },
    movedFlows: dialled - (after.clientConnections - before.clientConnections),
    requests: requestTotals(pods),
  };
}

interface ChainState {
  /** Of the active path. */
  readonly spi: number;
  readonly flows: ReadonlyMap<number, PathFlows>;
  /** That the UPFs have opened, one for each session: what the proxies take in beyond these was dialled by the mesh. */
  readonly clientConnections: number;
}

async function stateOf({ group, activePath }: VersionChangeDeps, chain: string): Promise<ChainState> {
  const { running } = group;
  const opened = running.map(({ sample }) => sample.statistics().n6Connections);
  return {
    spi: present(activePath(chain), "active path").spi,
    flows: await pathFlows(
      running.map(({ proxy }) => proxy),
      chain,
    ),
    clientConnections: opened.reduce<number>((sum, count) => sum + (typeof count === "number" ? count : 0), 0),
  };
}

interface Change {
  readonly chain: string;
  readonly workload: Deployment;
  readonly before: ChainState;
}

async function changeUnderLoad(deps: VersionChangeDeps, { chain, workload, before }: Change) {
  const { group, until } = deps;
  const state = () => stateOf(deps, chain);
  const onOld = async () => flowsSince(before.flows, (await state()).flows).get(before.spi);
  const load = await deps.startLoad();
  await until(async () => isOneOver(await onOld()), "the end of a flow on the path");
  await group.addReplica(workload);
  await until(async () => (await state()).spi !== before.spi, "another version of the path");
  const liveFlows = (await onOld())?.live ?? 0;
  const pods = [...(await load.ended())];
  const { spi, flows } = await state();
  // Where starting took as long as the load, there is more of it.
  if (!flows.has(spi)) pods.push(...(await (await deps.startLoad()).ended()));
  return { liveFlows, pods };
}

/** Then the load has run in: flows come and go. */
function isOneOver(path: PathFlows | undefined): boolean {
  return path !== undefined && path.entered > path.live;
}

/** The Deployment whose pods are the chain's first function. */
function firstFunction(world: World, chain: ServiceFunctionChain): Deployment | undefined {
  const { namespace, functions } = chain;
  const first = world.serviceFunctions.find((each) => each.namespace === namespace && each.name === functions[0]);
  return world.deployments.find(
    (each) => each.namespace === namespace && first && selects(first.selector, each.labels),
  );
}

function sumOf(flows: ReadonlyMap<number, PathFlows>, amount: (path: PathFlows) => number): number {
  return [...flows.values()].reduce((sum, path) => sum + amount(path), 0);
}
