/**
 * Carries all excess at the least cost: successive shortest paths with potentials (Ahuja, Magnanti and Orlin, _Network Flows_, 1993,
 * section 9.7). Each step looks for the cheapest way from any site that has excess left to any with room left, where what is carried already can
 * be taken back, and carries as much there as fits.
 */
import { NearestFirst } from "../../core/graph/nearest-first.ts";
import type { ExcessNetwork } from "./excess-network.ts";

const NONE = -1;

export class CheapestCarriage {
  /** By arc. */
  readonly flows: Float64Array;
  /** By node, and then the end of all ways: how far it is from excess that is left, in ms; the prices come from it. */
  readonly potentialsMs: Float64Array;
  readonly #network: ExcessNetwork;
  /** By node: excess or room that is left. */
  readonly #left: Float64Array;
  readonly #distances: Float64Array;
  /** By node: the arc by which the cheapest way comes, onward or back. */
  readonly #arrivals: Int32Array;
  readonly #isSettled: Uint8Array;
  readonly #queue: NearestFirst;
  readonly #end: number;

  constructor(network: ExcessNetwork) {
    const { nodeCount, heads, amounts } = network;
    this.#network = network;
    this.#end = nodeCount;
    this.flows = new Float64Array(heads.length);
    this.potentialsMs = new Float64Array(nodeCount + 1);
    this.#left = amounts.slice();
    this.#distances = new Float64Array(nodeCount + 1);
    this.#arrivals = new Int32Array(nodeCount + 1);
    this.#isSettled = new Uint8Array(nodeCount + 1);
    this.#queue = new NearestFirst(2 * heads.length + 2 * nodeCount + 1);
  }

  /** False when nothing is left to carry. Time O(arcs * log arcs); nothing is allocated. */
  step(): boolean {
    if (!this.#search()) return false;
    const [end, distances, potentials] = [this.#end, this.#distances, this.potentialsMs];
    const farthest = distances[end] ?? 0;
    for (let node = 0; node <= end; node += 1)
      potentials[node] = (potentials[node] ?? 0) + Math.min(distances[node] ?? 0, farthest);
    this.#carry();
    return true;
  }

  /** Ends at the nearest node with room; false without excess. */
  #search(): boolean {
    const [end, distances, queue, { senderCount }] = [this.#end, this.#distances, this.#queue, this.#network];
    distances.fill(Infinity);
    this.#isSettled.fill(0);
    while (!queue.isEmpty) queue.pop();
    for (let node = 0; node < senderCount; node += 1) if ((this.#left[node] ?? 0) > 0) this.#reach(node, 0, NONE);
    while (!queue.isEmpty) {
      const node = queue.pop();
      if (node === end) return true;
      if (this.#isSettled[node] === 1) continue;
      this.#isSettled[node] = 1;
      if (node < senderCount) this.#goOn(node);
      else this.#goBackOrEnd(node);
    }
    return false;
  }

  #goOn(sender: number): void {
    const { arcStarts, heads, costsMs } = this.#network;
    for (let arc = arcStarts[sender] ?? 0; arc < (arcStarts[sender + 1] ?? 0); arc += 1)
      this.#reach(heads[arc] ?? 0, this.#beyond(sender, heads[arc] ?? 0, costsMs[arc] ?? 0), arc);
  }

  #goBackOrEnd(receiver: number): void {
    const { enteringStarts, entering, tails, costsMs } = this.#network;
    if ((this.#left[receiver] ?? 0) > 0) this.#reach(this.#end, this.#beyond(receiver, this.#end, 0), receiver);
    for (let at = enteringStarts[receiver] ?? 0; at < (enteringStarts[receiver + 1] ?? 0); at += 1) {
      const arc = entering[at] ?? 0;
      if ((this.flows[arc] ?? 0) <= 0) continue;
      this.#reach(tails[arc] ?? 0, this.#beyond(receiver, tails[arc] ?? 0, -(costsMs[arc] ?? 0)), arc);
    }
  }

  /** Reduced costs are at least 0 but for rounding. */
  #beyond(from: number, to: number, costMs: number): number {
    const reduced = costMs + (this.potentialsMs[from] ?? 0) - (this.potentialsMs[to] ?? 0);
    return (this.#distances[from] ?? 0) + Math.max(0, reduced);
  }

  #reach(node: number, distance: number, arrival: number): void {
    if (distance >= (this.#distances[node] ?? 0)) return;
    this.#distances[node] = distance;
    this.#arrivals[node] = arrival;
    this.#queue.push(node, distance);
  }

  /** As much as the excess, the room, and what is taken back allow: one of them is used up exactly. */
  #carry(): void {
    const { tails, heads, senderCount } = this.#network;
    const receiver = this.#arrivals[this.#end] ?? 0;
    let amount = this.#left[receiver] ?? 0;
    let node = receiver;
    for (let arc = this.#arrivals[node] ?? NONE; arc !== NONE; arc = this.#arrivals[node] ?? NONE) {
      if (node < senderCount) amount = Math.min(amount, this.flows[arc] ?? 0);
      node = node < senderCount ? (heads[arc] ?? 0) : (tails[arc] ?? 0);
    }
    amount = Math.min(amount, this.#left[node] ?? 0);
    this.#left[node] = (this.#left[node] ?? 0) - amount;
    this.#left[receiver] = (this.#left[receiver] ?? 0) - amount;
    node = receiver;
    for (let arc = this.#arrivals[node] ?? NONE; arc !== NONE; arc = this.#arrivals[node] ?? NONE) {
      this.flows[arc] = (this.flows[arc] ?? 0) + (node < senderCount ? -amount : amount);
      node = node < senderCount ? (heads[arc] ?? 0) : (tails[arc] ?? 0);
    }
  }
}
