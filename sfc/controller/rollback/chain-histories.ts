/** What the paths of all chains have been through, and which of them count now. */
import type { PathHop, ServiceFunctionPath } from "../../../core/model/chain.ts";
import { present } from "../../../core/model/invariant.ts";
import type { SfcConfig } from "../../sfc-config.ts";
import { objectKey } from "../cluster-state.ts";
import type { ChainFinding } from "../examine-chain.ts";
import type { CurrentPaths } from "../path-candidates.ts";
import type { PathMemory } from "../path-memory.ts";
import { type ChainHistory, chainHistory, type HistoryInput } from "./chain-history.ts";
import { heldBack } from "./refusals.ts";
import { renderingKey } from "./rendering-key.ts";
import { isUsable, passesAllBlocking } from "./usable-path.ts";

export interface HistoriesInput extends Pick<HistoryInput, "state" | "watch" | "nowMs"> {
  readonly paths: readonly ServiceFunctionPath[];
  /** By the chain's `namespace/name`. */
  readonly findings: ReadonlyMap<string, ChainFinding>;
  readonly memory: PathMemory;
  readonly config: Pick<SfcConfig, "rollback">;
}

/** By the chain's `namespace/name`. What is refused is remembered at once: the status that says so is written last. */
export function chainHistories(input: HistoriesInput): ReadonlyMap<string, ChainHistory> {
  const { state, memory, watch, nowMs, config, paths, findings } = input;
  const byChain = Map.groupBy(paths, ({ namespace, chain }) => `${namespace}/${chain}`);
  const common = { state, watch, notes: memory.notes, nowMs, backoffMs: config.rollback.backoffMs };
  return new Map(
    state.chains.map((chain): [string, ChainHistory] => {
      const key = objectKey(chain);
      const [finding, ofChain] = [present(findings.get(key), "finding"), byChain.get(key) ?? []];
      const refusals = memory.refusalsOf(chain);
      const history = chainHistory({ ...common, chain, finding, paths: ofChain, refusals });
      memory.refusals.set(chain.uid, history.refusals);
      return [key, history];
    }),
  );
}

/** What is judged whether it stays. A rendering is held back only as long as the path in use can carry the traffic. */
export function currentPaths(
  { state, nowMs }: Pick<HistoriesInput, "state" | "nowMs">,
  histories: ReadonlyMap<string, ChainHistory>,
): CurrentPaths {
  const chains = new Map(state.chains.map((chain) => [objectKey(chain), chain]));
  const current = new Map(
    [...histories].flatMap(([key, { own }]): [string, ServiceFunctionPath][] => {
      const path = own.pending ?? own.active;
      return path ? [[key, path]] : [];
    }),
  );
  return {
    current,
    refusalOf(key: string, hops: readonly PathHop[]): string | undefined {
      const [chain, path, refusals = []] = [chains.get(key), current.get(key), histories.get(key)?.refusals];
      if (!chain || !path || refusals.length === 0) return undefined;
      const refused = heldBack(refusals, renderingKey(chain.generation, hops), nowMs);
      if (!refused || !isUsable(path, state) || !passesAllBlocking(path, chain, state)) return undefined;
      const seconds = Math.ceil((refused.untilMs - nowMs) / 1000);
      return `it was taken back, and is tried again in ${seconds} s: ${refused.message}`;
    },
  };
}
