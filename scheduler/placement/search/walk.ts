import { AliasTable } from "./alias-table.ts";
import { NearNodes } from "./near-nodes.ts";
import { type PairSides, pairSidesOf } from "./pair-sides.ts";
import type { PlacementState } from "./placement-state.ts";
import type { SeededRandom } from "./seeded-random.ts";

export interface WalkOptions {
  readonly state: PlacementState;
  readonly random: SeededRandom;
  /** A hard limit on `state.moved`; where more are moved already, it may only shrink. */
  readonly movesMax: number;
}

/** Small steps from placement to placement, each kept or undone by the rule of Metropolis. */
export class Walk {
  readonly state: PlacementState;
  readonly random: SeededRandom;
  readonly movesMax: number;
  readonly sides: PairSides;
  readonly sideOf: Int32Array;
  readonly otherOf: Int32Array;
  /** In what is gained: losses up to a few times this are kept now and then. */
  temperature = 0;
  /** What a moved replica costs, in what is gained. */
  movePrice = 0;
  readonly #odds: AliasTable;
  /** Undefined where all nodes are equally near. */
  readonly #near: NearNodes | undefined;
  /** Triples of service, node and count, those put positive. */
  readonly #journal = new Int32Array(JOURNAL_MAX * 3);
  #journalCount = 0;
  #gainedBefore = 0;
  #movedBefore = 0;
  #excessBefore = 0;
  #leastGain = 0;

  constructor({ state, random, movesMax }: WalkOptions) {
    this.state = state;
    this.random = random;
    this.movesMax = movesMax;
    const { nodeCount, groupCount } = state.problem;
    this.#near = groupCount > nodeCount + 1 ? new NearNodes(state.problem) : undefined;
    this.sides = pairSidesOf(state.problem);
    this.sideOf = this.sides.sideOf;
    this.otherOf = this.sides.otherOf;
    this.#odds = new AliasTable(oddsOf(this.sides.weights));
  }

  /** Index into `sides`; heavy pairs more often than light ones. */
  drawSide(): number {
    return this.#odds.draw(this.random);
  }

  /** One of the nodes where the service stands. */
  drawHost(service: number): number {
    const { hosts } = this.state;
    return this.state.nodeOf(hosts.cellAt(service, this.random.below(hosts.sizeOf(service))));
  }

  /** One of the nodes where the service stands or, if some nodes are nearer to it than others, now and then one of these. */
  drawBeside(service: number): number {
    const host = this.drawHost(service);
    return this.#near === undefined ? host : this.#near.drawBeside(host, this.random);
  }

  /** One of the services that stand on the node, or -1. */
  drawGuest(node: number): number {
    const { guests, problem } = this.state;
    const size = guests.sizeOf(node);
    return size === 0 ? -1 : guests.cellAt(node, this.random.below(size)) - node * problem.serviceCount;
  }

  /** Begins a step: draws how much it may lose. */
  begin(): void {
    this.#leastGain = this.temperature > 0 ? this.temperature * Math.log(1 - this.random.next()) : 0;
    this.#journalCount = 0;
    this.#gainedBefore = this.state.gained;
    this.#movedBefore = this.state.moved;
    this.#excessBefore = this.state.excess;
  }

  /** Whether a gain alone, before what it displaces, is worth a try. */
  isPromising(gain: number): boolean {
    return gain >= this.#leastGain;
  }

  /** @param moved how many more replicas would be moved. */
  isAcceptable(gain: number, moved: number): boolean {
    if (moved > 0 && this.#movedBefore + moved > this.movesMax) return false;
    return gain - moved * this.movePrice >= this.#leastGain;
  }

  put(service: number, node: number, count: number): void {
    this.state.put(service, node, count);
    this.#note(service, node, count);
  }

  take(service: number, node: number, count: number): void {
    this.state.take(service, node, count);
    this.#note(service, node, -count);
  }

  /** Keeps everything put and taken since `begin`, or undoes it. What breaks spread and apart more is not kept, what does so less is. */
  settle(): boolean {
    const { gained, moved, excess } = this.state;
    const isKept =
      excess < this.#excessBefore
        ? moved <= Math.max(this.movesMax, this.#movedBefore)
        : excess === this.#excessBefore && this.isAcceptable(gained - this.#gainedBefore, moved - this.#movedBefore);
    if (!isKept) this.undo();
    return isKept;
  }

  undo(): void {
    for (let i = this.#journalCount - 1; i >= 0; i--) {
      const service = this.#journal[i * 3] as number;
      const node = this.#journal[i * 3 + 1] as number;
      const count = this.#journal[i * 3 + 2] as number;
      if (count > 0) this.state.take(service, node, count, 0);
      else this.state.put(service, node, -count, 0);
    }
    this.#journalCount = 0;
    this.state.gained = this.#gainedBefore;
  }

  #note(service: number, node: number, count: number): void {
    const at = this.#journalCount * 3;
    this.#journal[at] = service;
    this.#journal[at + 1] = node;
    this.#journal[at + 2] = count;
    this.#journalCount += 1;
  }
}

/** The largest step, a group that displaces three others, notes 128. */
const JOURNAL_MAX = 128;

/** By the square root: what is heavy is tried more often, and what is light still often enough. */
function oddsOf(weights: Float64Array): Float64Array {
  const roots = weights.map(Math.sqrt);
  const mean = roots.reduce((sum, root) => sum + root, 0) / roots.length;
  return roots.map((root) => root + LEAST_ODDS * mean);
}

const LEAST_ODDS = 0.1;
