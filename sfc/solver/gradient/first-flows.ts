/** Flows to begin with. */
import { NONE } from "./flow-program.ts";
import { type FlowState, reload } from "./flow-state.ts";
import { forEachChain } from "./rounds.ts";
import { searchWays, type Ways } from "./way-search.ts";

/** Dearer than any delay, so that limited resources are only used where nothing else leads on. */
const PROHIBITIVE = 1e100;

/** Chain by chain, each as a whole on the way that is cheapest beside those before it. */
export function firstFlows(state: FlowState, ways: Ways): void {
  const { potential, program } = state;
  potential.retune({ smoothing: 1, reference: 0, delayPrice: 0 });
  routeAll(state, ways);
  reload(state);
  const { highest } = potential;
  if (highest === 0) {
    routeByDelay(state, ways);
    return;
  }
  potential.utilisations.fill(0);
  potential.retune({ smoothing: highest / Math.log(program.capacities.length + 1), reference: 0, delayPrice: 0 });
  state.flows.fill(0);
  forEachChain(state, (chain) => {
    searchWays(state, ways, chain);
    settleChain(state, ways, chain);
    loadChain(state, chain);
  });
}

/** Everything has a way without any limit: then there is nothing to share, and the least delay is the best. */
function routeByDelay(state: FlowState, ways: Ways): void {
  const { potential } = state;
  potential.retune({ smoothing: 1, reference: 0, delayPrice: 1 });
  potential.weigh(state.program.capacities.map((capacity) => capacity * PROHIBITIVE));
  state.flows.fill(0);
  routeAll(state, ways);
}

function routeAll(state: FlowState, ways: Ways): void {
  for (let chain = 0; chain < state.program.chainCount; chain += 1) {
    searchWays(state, ways, chain);
    settleChain(state, ways, chain);
  }
}

/**
 * Makes flow be conserved exactly: what arrives at a vertex goes on in the proportions of its arcs' flows, and by the cheapest
 * way where they are 0.
 */
export function settleChain({ program, flows }: FlowState, { cheapestArcs }: Ways, chain: number): void {
  const { vertexStarts, arcStarts, shares, heads } = program;
  const [first, last] = [vertexStarts[chain] ?? 0, vertexStarts[chain + 1] ?? 0];
  const arrived = shares.slice(first, last);
  for (let vertex = first; vertex < last; vertex += 1) {
    const [start, end] = [arcStarts[vertex] ?? 0, arcStarts[vertex + 1] ?? 0];
    if (start === end) continue;
    let sum = 0;
    for (let arc = start; arc < end; arc += 1) sum += flows[arc] ?? 0;
    const here = arrived[vertex - first] ?? 0;
    const all = sum > 0 ? NONE : (cheapestArcs[vertex] ?? NONE);
    for (let arc = start; arc < end; arc += 1) {
      const part = sum > 0 ? (flows[arc] ?? 0) / sum : 0;
      if (part === 0 && arc !== all) continue;
      const flow = here * (arc === all ? 1 : part);
      const next = (heads[arc] ?? 0) - first;
      flows[arc] = flow;
      arrived[next] = (arrived[next] ?? 0) + flow;
    }
  }
}

function loadChain({ program, potential, pairLoads, flows }: FlowState, chain: number): void {
  const { vertexStarts, arcStarts, tails, heads, pairs, factors, demands, entered, capacities } = program;
  const [start, end] = [arcStarts[vertexStarts[chain] ?? 0] ?? 0, arcStarts[vertexStarts[chain + 1] ?? 0] ?? 0];
  for (let arc = start; arc < end; arc += 1) {
    const flow = flows[arc] ?? 0;
    if (flow === 0) continue;
    const amount = flow * (demands[chain] ?? 0) * (factors[tails[arc] ?? 0] ?? 0);
    const [resource, pair] = [entered[heads[arc] ?? 0] ?? NONE, pairs[arc] ?? 0];
    if (resource !== NONE) potential.fill(resource, amount / (capacities[resource] ?? 1));
    pairLoads.prepare(pair);
    for (let load = pairLoads.starts[pair] ?? 0; load < (pairLoads.ends[pair] ?? 0); load += 1) {
      const link = pairLoads.resources[load] ?? 0;
      potential.fill(link, (amount * (pairLoads.shares[load] ?? 0)) / (capacities[link] ?? 1));
    }
  }
}
