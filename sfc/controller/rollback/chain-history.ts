/** What a chain's paths have been through: which one has just taken over, whether it is taken back, what is refused. */
import type { ServiceFunctionChain, ServiceFunctionPath } from "../../../core/model/chain.ts";
import type { ClusterState } from "../cluster-state.ts";
import type { ChainFinding } from "../examine-chain.ts";
import { type ChainPaths, sortPaths } from "../path-lifecycle.ts";
import type { PathNote } from "../path-memory.ts";
import type { PathWatch } from "./path-watch.ts";
import { type RefusalOptions, type Refusals, refusing, remaining } from "./refusals.ts";
import { isUsable, passesAllBlocking } from "./usable-path.ts";

export interface ChainHistory {
  /** As they are. */
  readonly paths: readonly ServiceFunctionPath[];
  /** Those from before where something is taken back. */
  readonly own: ChainPaths;
  readonly takeBack: TakeBack | undefined;
  readonly refusals: Refusals;
}

/** A path whose errors rose, and the one that takes its place again. */
export interface TakeBack {
  readonly refused: ServiceFunctionPath;
  readonly restored: ServiceFunctionPath;
  /** What was about to follow the refused one; it is judged anew. */
  readonly pending: ServiceFunctionPath | undefined;
  /** With figures. */
  readonly reason: string;
}

export interface HistoryInput extends RefusalOptions {
  readonly chain: ServiceFunctionChain;
  readonly finding: ChainFinding;
  readonly paths: readonly ServiceFunctionPath[];
  readonly notes: ReadonlyMap<string, PathNote>;
  readonly refusals: Refusals;
  readonly state: ClusterState;
  readonly watch: Pick<PathWatch, "verdictOn">;
}

export function chainHistory(input: HistoryInput): ChainHistory {
  const { chain, paths, notes, refusals } = input;
  const own = sortPaths(paths, notes, refusals);
  const takeBack = takeBackOf(input, own);
  if (takeBack) {
    const { refused, restored, reason } = takeBack;
    const draining = [refused, ...own.draining.filter((path) => path !== restored)];
    const before = { ...own, active: restored, pending: undefined, draining };
    return { paths, own: before, takeBack, refusals: refusing(refusals, refused, reason, input) };
  }
  const proven = changeOf(own, refusals) ? undefined : own.active;
  return { paths, own, takeBack, refusals: remaining(refusals, chain, proven, input) };
}

export interface PathChange {
  readonly active: ServiceFunctionPath;
  readonly before: ServiceFunctionPath;
}

/** The active path and the newest one before it, while that is there. One that was taken back is before none. */
export function changeOf({ active, draining }: ChainPaths, refusals: Refusals): PathChange | undefined {
  const before = draining.find(({ spi }) => refusals.every((refused) => refused.spi !== spi));
  return active && before && { active, before };
}

function takeBackOf(input: HistoryInput, own: ChainPaths): TakeBack | undefined {
  const { chain, finding, refusals, state, watch } = input;
  const change = changeOf(own, refusals);
  const reason = change && watch.verdictOn(chain.uid, change.active.spi);
  if (!change || reason === undefined || finding.kind !== "runnable") return undefined;
  const { active: refused, before: restored } = change;
  const mayReturn = isUsable(restored, state) && passesAllBlocking(restored, chain, state);
  return mayReturn ? { refused, restored, pending: own.pending, reason } : undefined;
}
