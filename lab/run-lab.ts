/** The whole lab: one small cluster in this process, the same traffic under several placements, what each of them cost. */
import { present } from "../core/model/invariant.ts";
import type { Clock } from "../core/ports/clock.ts";
import type { Log } from "../core/ports/log.ts";
import { changeVersion } from "./change-version.ts";
import { type ControlSide, startControlSide } from "./control-side.ts";
import { type LabConfig, type PlacementName, placements } from "./lab-config.ts";
import { startLoad } from "./lab-load.ts";
import { createLabNetwork } from "./lab-network.ts";
import { bytesBetween, requestTotals } from "./measure.ts";
import { type PodGroup, type PodGroupDeps, startPodGroup } from "./pod-group.ts";
import { chainsAreActive, proxiesAreCurrent } from "./readiness.ts";
import type { ChainResult, PlacementResult } from "./result-table.ts";
import type { VersionChange } from "./version-change.ts";
import { waitUntil } from "./wait-until.ts";
import { readWorld } from "./world.ts";
import { clusterOf } from "./world-cluster.ts";

export interface LabDeps {
  readonly clock: Clock;
  readonly log: Log;
  random(): number;
  /** Told what is going on, a line at a time. */
  readonly progress: (line: string) => void;
}

export interface RunningLab {
  readonly results: readonly PlacementResult[];
  /** Where its parts can be looked at. */
  readonly urls: Readonly<Record<string, string>>;
  /** Runs the load once more under the last placement, and changes a chain's version meanwhile; undefined without a chain. */
  changeVersion(): Promise<VersionChange | undefined>;
  /** The last placement goes on running, without load, until then. */
  stop(): Promise<void>;
}

/** @throws WeftError manifest-invalid, listen-failed, or upstream-failed naming what was not ready in time */
export async function runLab(config: LabConfig, deps: LabDeps): Promise<RunningLab> {
  const world = readWorld(config.manifests);
  const cluster = clusterOf(world);
  const network = createLabNetwork(world.nodes, { node: 0, ...config.linkLatencyMs });
  const side = await startControlSide({ ...deps, cluster, network, linkLatencyMs: config.linkLatencyMs });
  const groupDeps = { ...deps, world, cluster, network, controlUrl: side.control.url };
  const lab = { config, deps: groupDeps, side, progress: deps.progress };
  let group: PodGroup | undefined;
  const stop = async () => {
    await group?.stop();
    await side.stop();
  };
  try {
    const results: PlacementResult[] = [];
    let first: PodGroup | undefined;
    for (const [generation, placement] of placements.entries()) {
      await group?.stop();
      group = await place(lab, placement, generation);
      first ??= group;
      results.push(await measure(lab, { placement, group, first }));
    }
    const last = present(group, "group of the last placement");
    return { results, urls: urlsOf(side), changeVersion: () => changeVersionOf(lab, last), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Lab {
  readonly config: LabConfig;
  readonly deps: PodGroupDeps;
  readonly side: ControlSide;
  readonly progress: (line: string) => void;
}

async function place(
  { config, deps, side, progress }: Lab,
  placement: PlacementName,
  generation: number,
): Promise<PodGroup> {
  const pods = deps.world.deployments.reduce((sum, { replicas }) => sum + replicas, 0);
  progress(`${placement}: placing and starting ${pods} pods on ${deps.world.nodes.length} nodes`);
  const extenderUrl = placement === "spread" ? undefined : side.extenders[placement].url;
  const group = await startPodGroup(deps, { generation, firstIndex: generation * pods, extenderUrl });
  for (const { name } of deps.world.nodes) progress(`  ${name}: ${replicasOn(name, group)}`);
  try {
    await waitUntil(
      () => proxiesAreCurrent(side.control.url),
      `${placement}: every proxy's snapshot`,
      config.startTimeoutMs,
    );
    await waitUntil(() => chainsAreActive(deps), `${placement}: an active path for every chain`, config.startTimeoutMs);
    return group;
  } catch (error) {
    await group.stop();
    throw error;
  }
}

interface Measured {
  readonly placement: PlacementName;
  readonly group: PodGroup;
  /** The placement that moves are counted from. */
  readonly first: PodGroup;
}

async function measure(
  { config, deps, side, progress }: Lab,
  { placement, group, first }: Measured,
): Promise<PlacementResult> {
  progress(`${placement}: running the load`);
  const before = await side.flowSource.read(AbortSignal.timeout(config.startTimeoutMs));
  const load = await startLoad(group, { ...config, name: placement });
  const requests = requestTotals(await load.ended());
  const after = await side.flowSource.read(AbortSignal.timeout(config.startTimeoutMs));
  const result = {
    placement,
    ...bytesBetween(before, after),
    requests,
    moves: movesBetween(first, group),
    chains: chainResults(deps),
  };
  return result;
}

function changeVersionOf({ config, deps, progress }: Lab, group: PodGroup): Promise<VersionChange | undefined> {
  const during = "version change";
  progress(`${during}: running the load, and starting an instance more`);
  return changeVersion({
    world: deps.world,
    group,
    activePath: (chain) =>
      deps.cluster.serviceFunctionPaths.list().find((path) => path.isActive && path.chain === chain),
    startLoad: () => startLoad(group, { ...config, name: during }),
    until: (check, what) => waitUntil(check, `${during}: ${what}`, config.startTimeoutMs),
  });
}

function chainResults({ cluster }: PodGroupDeps): readonly ChainResult[] {
  const active = cluster.serviceFunctionPaths.list().filter(({ isActive }) => isActive);
  return active.map(({ chain, prediction }) => ({ chain, ...prediction }));
}

function replicasOn(node: string, { nodeByReplica }: PodGroup): string {
  const replicas = [...nodeByReplica].flatMap(([replica, where]) => (where === node ? [replica] : []));
  return replicas.length === 0 ? "-" : replicas.join(" ");
}

function movesBetween(first: PodGroup, group: PodGroup): number {
  return [...group.nodeByReplica].filter(([replica, node]) => first.nodeByReplica.get(replica) !== node).length;
}

function urlsOf({ control, extenders, sfc }: ControlSide): Readonly<Record<string, string>> {
  return {
    flows: `${extenders.locality.url}/v1/flows`,
    explain: `${extenders.locality.url}/v1/explain/NAMESPACE/POD`,
    chains: `${sfc.url}/v1/chains`,
    proxies: `${control.url}/v1/proxies`,
  };
}
