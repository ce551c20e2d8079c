/** From one look at the cluster to what every chain should have: pure but for what it is given to remember. */
import type { ServiceFunctionChain, ServiceFunctionPath } from "../../core/model/chain.ts";
import { present } from "../../core/model/invariant.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { SfcConfig } from "../sfc-config.ts";
import type { HighsRuntime } from "../solver/exact/with-highs.ts";
import { slowestWayMs } from "../solver/slowest-way.ts";
import { processingDelayMs } from "./chain-network.ts";
import { chooseRenderings, type Outlook, type Rendering } from "./choose-renderings.ts";
import { type ClusterState, objectKey } from "./cluster-state.ts";
import { type ChainFinding, examineChain, type RunnableChain } from "./examine-chain.ts";
import type { RenewalVerdict } from "./judge-renewal.ts";
import type { GroupLatencies } from "./measured/measured-latencies.ts";
import { nextPath } from "./next-path.ts";
import { type LifecycleStep, lifecycleStep, takeBackStep } from "./path-lifecycle.ts";
import type { PathMemory } from "./path-memory.ts";
import { flowsOfPath } from "./render-chain.ts";
import { chainHistories, currentPaths } from "./rollback/chain-histories.ts";
import type { TakeBack } from "./rollback/chain-history.ts";
import type { PathWatch } from "./rollback/path-watch.ts";
import { nextTry, type Refusals } from "./rollback/refusals.ts";
import { type RecentSplits, type SolvedChains, splitChains } from "./split-chains.ts";
import { hopsPastTaps } from "./tap-hops.ts";

export interface PlanInput {
  readonly state: ClusterState;
  /** Measured bytes per second by the chain's `namespace/name`. */
  readonly measured: ReadonlyMap<string, number>;
  readonly measuredLatencies: GroupLatencies;
  readonly memory: PathMemory;
  readonly watch: Pick<PathWatch, "verdictOn">;
  readonly splits: RecentSplits;
  readonly nowMs: number;
  /** For the time that splitting may take. */
  readonly clock: Pick<Clock, "nowMs">;
  readonly config: SfcConfig;
  readonly highs?: HighsRuntime | undefined;
  /** Called with each split that the checker refuses. */
  readonly onRefused?: (reason: string) => void;
}

export interface ChainPlan {
  readonly chain: ServiceFunctionChain;
  readonly finding: ChainFinding;
  /** The chain's own, before the step. */
  readonly paths: readonly ServiceFunctionPath[];
  readonly step: LifecycleStep;
  /** What the step takes back. */
  readonly takeBack: TakeBack | undefined;
  readonly refusals: Refusals;
  /** Of the split that was found, whether paths follow it or stay. */
  readonly proof: string | undefined;
  /** Of the path that stays, with the demand as it is now; undefined where it is about to change, or nothing is known. */
  readonly outlook: Outlook | undefined;
  /** Why the path changes or stays; undefined where the chain cannot run. */
  readonly verdict: RenewalVerdict | undefined;
  /** Of the path's weights in the present network, processing included. */
  slowestWayMs(path: ServiceFunctionPath): number | undefined;
}

export function planChains(input: PlanInput): readonly ChainPlan[] {
  const { state, memory, nowMs, config } = input;
  const paths = memory.current(state.paths, nowMs);
  const { findings, solved } = examineAndSplit(input);
  const histories = chainHistories({ ...input, paths, findings });
  const renderings = solved
    ? chooseRenderings(solved, { ...currentPaths(input, histories), measured: input.measured }, config)
    : new Map<string, Rendering>();
  const taken = new Set(paths.map(({ spi }) => spi));
  const indexOf = new Map(solved?.chains.map(({ chain }, index) => [objectKey(chain), index]));
  return state.chains.map((chain): ChainPlan => {
    const key = objectKey(chain);
    const [finding, history] = [present(findings.get(key), "finding"), present(histories.get(key), "history")];
    const { own, takeBack, refusals } = history;
    const rendering = renderings.get(key);
    const next = takeBack ? undefined : nextPath({ chain, finding, own, rendering }, memory, taken);
    const step = takeBack
      ? takeBackStep(takeBack, nowMs)
      : lifecycleStep(own, next, { notes: memory.notes, nowMs, times: config });
    const outlook = rendering?.kind === "keep" && !own.pending ? rendering.outlook : undefined;
    return {
      ...{ chain, finding, outlook, takeBack, refusals, proof: solved?.proof, verdict: rendering?.verdict },
      paths: history.paths,
      step: { ...step, wakeAtMs: earliest([step.wakeAtMs, nextTry(refusals, nowMs)]) },
      slowestWayMs: (path) => slowestOf(path, solved, indexOf.get(key) ?? -1),
    };
  });
}

function earliest(times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((atMs) => atMs !== undefined);
  return known.length > 0 ? Math.min(...known) : undefined;
}

function examineAndSplit(input: PlanInput) {
  const { state, measured, measuredLatencies, splits, clock, config, highs, onRefused } = input;
  const findings = new Map(state.chains.map((chain) => [objectKey(chain), examineChain(chain, state)]));
  const chains = [...findings.values()].filter((finding): finding is RunnableChain => finding.kind === "runnable");
  const demands = new Map(chains.map(({ chain }) => [objectKey(chain), demandOf(chain, measured, config)]));
  const { solved, rejected } = splitChains({
    ...config,
    measuredLatencies,
    chains,
    demands,
    state,
    splits,
    clock,
    highs,
    ...(onRefused && { onRefused }),
  });
  for (const [key, rejection] of rejected) findings.set(key, rejection);
  return { findings, solved };
}

/** What is declared is kept free for the chain; what is measured beyond it counts too. */
function demandOf(chain: ServiceFunctionChain, measured: PlanInput["measured"], config: SfcConfig): number {
  const known = Math.max(chain.demandBytesPerSecond ?? 0, measured.get(objectKey(chain)) ?? 0);
  return known > 0 ? known : config.unknownDemandBytesPerSecond;
}

/** `index`: of the path's chain among those of the split. */
function slowestOf(path: ServiceFunctionPath, solved: SolvedChains | undefined, index: number): number | undefined {
  const [graph, runnable] = [solved?.problem.graphs[index], solved?.chains[index]];
  const flows = graph && runnable && flowsOfPath(graph, hopsPastTaps(path.hops, runnable));
  return solved && flows && runnable
    ? slowestWayMs(graph, flows, solved.problem.underlay) + processingDelayMs(runnable)
    : undefined;
}
