/** What one step of the solver is: every chain in turn moves flow to where it is cheaper. */
import type { FlowState } from "./flow-state.ts";
import { Rerouter } from "./reroute.ts";
import { FlowShifter } from "./shift-flow.ts";
import { searchUsedWays, searchWays, UsedArcs, type Ways, waysFor } from "./way-search.ts";

export interface Rounds {
  readonly state: FlowState;
  readonly ways: Ways;
  /** Over all ways there are, then some more over the ways in use, which are few. */
  run(): void;
}

/** How often in a round the prices between nodes are brought up to date; those of instances always are. */
const REFRESHES = 8;
/** Rounds over ways in use are cheap, and without them new ways are opened before the old ones are level. */
const ROUNDS_OF_USED = 8;

export function roundsOf(state: FlowState): Rounds {
  const ways = waysFor(state.program);
  const shifter = new FlowShifter(state, ways);
  const used = new UsedArcs(state.program);
  const rerouter = new Rerouter(state);
  const { chainCount } = state.program;
  return {
    state,
    ways,
    run() {
      forEachChain(state, (chain) => {
        searchWays(state, ways, chain);
        shifter.shiftChain(chain);
        used.look(state, chain);
      });
      rerouter.run();
      for (let round = 0; round < ROUNDS_OF_USED; round += 1)
        for (let chain = 0; chain < chainCount; chain += 1) {
          searchUsedWays(state, ways, used.of(chain));
          shifter.shiftChain(chain);
        }
      rerouter.run();
    },
  };
}

/** With prices between nodes that are never older than an eighth of the chains. */
export function forEachChain({ program, potential }: FlowState, visit: (chain: number) => void): void {
  const stretch = Math.ceil(program.chainCount / REFRESHES);
  for (let chain = 0; chain < program.chainCount; chain += 1) {
    if (chain % stretch === 0) potential.refreshStalePairs();
    visit(chain);
  }
}
