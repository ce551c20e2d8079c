/** An accident overloads one site: the same load before it, during it with every site alone, and during it with the load shared. */

import type { FlowReading } from "../core/model/flow.ts";
import { present } from "../core/model/invariant.ts";
import type { SharedService } from "../mesh-control/list-sites.ts";
import { type Accident, accidentOf } from "./accident.ts";
import type { AccidentResult, PhaseResult } from "./accident-table.ts";
import { type ControlSide, startControlSide } from "./control-side.ts";
import type { LabConfig } from "./lab-config.ts";
import { startLoad } from "./lab-load.ts";
import { createLabNetwork } from "./lab-network.ts";
import { flowBytesBetween, requestTotals } from "./measure.ts";
import { type PodGroup, startPodGroup } from "./pod-group.ts";
import { proxiesAreCurrent } from "./readiness.ts";
import type { LabDeps } from "./run-lab.ts";
import { waitUntil } from "./wait-until.ts";
import type { World } from "./world.ts";
import { clusterOf } from "./world-cluster.ts";

export interface RunningAccident {
  readonly result: AccidentResult;
  /** What mesh-control shares at the end: the answer to `GET /v1/sites`. */
  readonly plan: { readonly services: readonly SharedService[] };
  readonly urls: Readonly<Record<string, string>>;
  /** The functions go on running, without load, until then. */
  stop(): Promise<void>;
}

interface Phase {
  readonly name: string;
  readonly hasAccident: boolean;
  readonly isShared: boolean;
}

/** The third has what it takes to notice: two readings of the load, and new weights. */
const phases: readonly Phase[] = [
  { name: "before", hasAccident: false, isShared: false },
  { name: "accident, each site alone", hasAccident: true, isShared: false },
  { name: "accident, sharing begins", hasAccident: true, isShared: true },
  { name: "accident, load shared", hasAccident: true, isShared: true },
];

/** @throws WeftError manifest-invalid, listen-failed, or upstream-failed naming what was not ready in time */
export async function runAccident(world: World, config: LabConfig, deps: LabDeps): Promise<RunningAccident> {
  const accident = present(accidentOf(world), "accident");
  const cluster = clusterOf(world);
  const network = createLabNetwork(world.nodes, { node: 0, ...config.linkLatencyMs });
  const side = await startControlSide({ ...deps, cluster, network, linkLatencyMs: config.linkLatencyMs });
  const groupDeps = { ...deps, world, cluster, network, controlUrl: side.control.url };
  let group: PodGroup | undefined;
  const stop = async () => {
    await group?.stop();
    await side.stop();
  };
  try {
    group = await startPodGroup(groupDeps, { generation: 0, firstIndex: 0 });
    const results: PhaseResult[] = [];
    for (const phase of phases) {
      deps.progress(`${phase.name}: running the load`);
      for (const service of world.services)
        cluster.services.put(phase.isShared ? service : { ...service, sharing: undefined });
      await waitUntil(
        () => proxiesAreCurrent(side.control.url),
        `${phase.name}: every proxy's snapshot`,
        config.startTimeoutMs,
      );
      results.push(await runPhase({ phase, accident, group, side, config }));
    }
    const answer = await fetch(`${side.control.url}/v1/sites`);
    const plan = (await answer.json()) as RunningAccident["plan"];
    const urls = { sites: `${side.control.url}/v1/sites`, proxies: `${side.control.url}/v1/proxies` };
    return { result: { zone: accident.zone, phases: results }, plan, urls, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface PhaseRun {
  readonly phase: Phase;
  readonly accident: Accident;
  readonly group: PodGroup;
  readonly side: ControlSide;
  readonly config: LabConfig;
}

async function runPhase({ phase, accident, group, side, config }: PhaseRun): Promise<PhaseResult> {
  const isThere = (pod: { readonly node?: string | undefined }) => pod.node === accident.node;
  const before = await side.flowSource.read(AbortSignal.timeout(config.startTimeoutMs));
  const load = await startLoad(group, {
    ...{ name: phase.name, loadTimeoutMs: config.loadTimeoutMs },
    settingsOf: (pod) => (phase.hasAccident && isThere(pod) ? accident.settings : []),
  });
  const pods = await load.ended();
  const after = await side.flowSource.read(AbortSignal.timeout(config.startTimeoutMs));
  return {
    phase: phase.name,
    there: requestTotals(pods.filter(({ pod }) => isThere(pod))),
    elsewhere: requestTotals(pods.filter(({ pod }) => !isThere(pod))),
    carriedAway: carriedAway(before, after, accident.node),
  };
}

function carriedAway(before: FlowReading, after: FlowReading, node: string): number {
  const flows = flowBytesBetween(before, after).filter(({ source }) => source.node === node);
  const bytes = (all: typeof flows) => all.reduce((sum, { requestBytes }) => sum + requestBytes, 0);
  return bytes(flows.filter(({ destination }) => destination.node !== node)) / bytes(flows);
}
