/** Flows on their way to the answer, with what they load. */
import { type FlowProgram, NONE } from "./flow-program.ts";
import { PairLoads } from "./pair-loads.ts";
import { Potential } from "./potential.ts";

export interface FlowState {
  readonly program: FlowProgram;
  readonly potential: Potential;
  readonly pairLoads: PairLoads;
  /** By arc: the part of the chain's demand that takes it. */
  readonly flows: Float64Array;
}

export function flowStateOf(program: FlowProgram): FlowState {
  const flows = new Float64Array(program.heads.length);
  return { program, potential: new Potential(program), pairLoads: new PairLoads(program), flows };
}

/** Computes the utilisations anew: many small changes add up their roundings. */
export function reload(state: FlowState): void {
  const { program, potential, flows } = state;
  const { tails, heads, entered, destinations, ofLink, capacities } = program;
  const amounts = amountsOf(program);
  const loads = new Float64Array(capacities.length);
  for (let arc = 0; arc < flows.length; arc += 1) {
    const flow = flows[arc] ?? 0;
    const resource = entered[heads[arc] ?? 0] ?? NONE;
    if (flow === 0 || resource === NONE) continue;
    loads[resource] = (loads[resource] ?? 0) + flow * (amounts[tails[arc] ?? 0] ?? 0);
  }
  const ofLinks = new Float64Array(ofLink.length);
  for (const [slot, ofSlot] of trafficOf(state).entries()) {
    if (ofSlot) destinations[slot]?.load(ofSlot, ofLinks);
  }
  for (const [link, resource] of ofLink.entries())
    if (resource !== NONE) loads[resource] = (loads[resource] ?? 0) + (ofLinks[link] ?? 0);
  for (const [resource, load] of loads.entries()) potential.utilisations[resource] = load / (capacities[resource] ?? 1);
}

/** By destination: what sets out for it at each node; undefined where nothing does. */
export function trafficOf({ program, flows }: FlowState): readonly (Float64Array | undefined)[] {
  const { tails, pairs, nodeCount, destinations } = program;
  const amounts = amountsOf(program);
  const traffic = destinations.map(() => undefined as Float64Array | undefined);
  for (let arc = 0; arc < flows.length; arc += 1) {
    const flow = flows[arc] ?? 0;
    if (flow === 0) continue;
    const pair = pairs[arc] ?? 0;
    const slot = Math.floor(pair / nodeCount);
    const ofSlot = traffic[slot] ?? new Float64Array(nodeCount);
    traffic[slot] = ofSlot;
    ofSlot[pair % nodeCount] = (ofSlot[pair % nodeCount] ?? 0) + flow * (amounts[tails[arc] ?? 0] ?? 0);
  }
  return traffic;
}

/** Sum of amount * latency. */
export function delayOf({ program, potential, flows }: FlowState): number {
  const amounts = amountsOf(program);
  let sum = 0;
  for (let arc = 0; arc < flows.length; arc += 1) {
    const flow = flows[arc] ?? 0;
    if (flow === 0) continue;
    sum += flow * (amounts[program.tails[arc] ?? 0] ?? 0) * (potential.pairLatencyMs[program.pairs[arc] ?? 0] ?? 0);
  }
  return sum;
}

/** By vertex: what leaves it if the chain's whole demand passes there. */
function amountsOf({ chainCount, vertexStarts, factors, demands }: FlowProgram): Float64Array {
  const amounts = Float64Array.from(factors);
  for (let chain = 0; chain < chainCount; chain += 1) {
    const end = vertexStarts[chain + 1] ?? 0;
    for (let vertex = vertexStarts[chain] ?? 0; vertex < end; vertex += 1)
      amounts[vertex] = (amounts[vertex] ?? 0) * (demands[chain] ?? 0);
  }
  return amounts;
}
