/** Arcs of a layered graph of which no way is longer than a limit, whichever of them it takes. */
import { arcSlowestMs } from "./layered-arcs.ts";
import type { LayeredGraph } from "./layered-graph.ts";
import type { Underlay } from "./underlay.ts";

export interface SafeArcsInput {
  readonly graph: LayeredGraph;
  /** Of a way; every vertex of the graph lies on one that keeps it. */
  readonly latencyMsMax: number;
  readonly underlay: Underlay;
  /** By arc: how much it is wanted; the most wanted ones come in first. */
  readonly wanted: Float64Array;
}

/**
 * By arc: 1 if it is among them; every vertex keeps one at least. Each vertex gets a deadline T, and the arcs u -> v with
 * T_u + latency <= T_v are safe together: latencies along any way add up to no more than the last deadline. A deadline lies
 * between when the traffic of wanted arcs arrives at the latest and when it must, the later the nearer to the end: so what time is
 * left over is divided among the hops, and other arcs fit in besides. Time O(arcs * wanted arcs).
 */
export function safeArcs(input: SafeArcsInput): Uint8Array {
  const { graph, latencyMsMax, wanted } = input;
  const { vertices, starts, heads } = graph;
  const latencies = latenciesOf(input);
  const ways = new ChosenWays(graph, latencies);
  const isFirst = (a: number, b: number) => (wanted[b] ?? 0) - (wanted[a] ?? 0);
  const candidates = [...wanted.keys()].filter((arc) => (wanted[arc] ?? 0) > 0).sort(isFirst);
  for (const arc of candidates) ways.addIfWithin(arc, latencyMsMax);
  const last = graph.chain.functions.length + 1;
  const deadlines = vertices.map(({ layer }, vertex) => {
    const latestMs = ways.latestAt(vertex);
    return latestMs + (layer / last) * (latencyMsMax - ways.longestFrom(vertex) - latestMs);
  });
  const isSafe = new Uint8Array(heads.length);
  for (const vertex of vertices.keys())
    for (let arc = starts[vertex] ?? 0; arc < (starts[vertex + 1] ?? 0); arc += 1) {
      const arrivesMs = (deadlines[vertex] ?? 0) + (latencies[arc] ?? 0);
      isSafe[arc] = ways.has(arc) || arrivesMs <= (deadlines[heads[arc] ?? 0] ?? 0) ? 1 : 0;
    }
  return isSafe;
}

function latenciesOf({ graph, underlay }: SafeArcsInput): Float64Array {
  const latencies = new Float64Array(graph.heads.length);
  for (const vertex of graph.vertices.keys())
    for (let arc = graph.starts[vertex] ?? 0; arc < (graph.starts[vertex + 1] ?? 0); arc += 1)
      latencies[arc] = arcSlowestMs(graph, vertex, arc, underlay);
  return latencies;
}

/** Arcs chosen so far; to begin with, from every vertex the shortest way on. */
class ChosenWays {
  readonly #graph: LayeredGraph;
  readonly #latencies: Float64Array;
  readonly #tails: Int32Array;
  readonly #isChosen: Uint8Array;
  readonly #earliest: Float64Array;
  #latest: Float64Array;
  #longest: Float64Array;

  constructor(graph: LayeredGraph, latencies: Float64Array) {
    this.#graph = graph;
    this.#latencies = latencies;
    this.#tails = new Int32Array(graph.heads.length);
    this.#isChosen = new Uint8Array(graph.heads.length);
    const { length } = graph.vertices;
    this.#earliest = Float64Array.from(graph.vertices, ({ layer }) => (layer === 0 ? 0 : Infinity));
    this.#latest = new Float64Array(length);
    this.#longest = new Float64Array(length);
    for (let vertex = 0; vertex < length; vertex += 1) this.#arrive(vertex);
    for (let vertex = length - 1; vertex >= 0; vertex -= 1) this.#goOn(vertex);
    this.#measure();
  }

  has(arc: number): boolean {
    return this.#isChosen[arc] === 1;
  }

  /** When traffic by chosen arcs arrives at the latest. */
  latestAt(vertex: number): number {
    return this.#latest[vertex] ?? 0;
  }

  /** What the longest way on over chosen arcs takes. */
  longestFrom(vertex: number): number {
    return this.#longest[vertex] ?? 0;
  }

  addIfWithin(arc: number, latencyMsMax: number): void {
    const [tail, head] = [this.#tails[arc] ?? 0, this.#graph.heads[arc] ?? 0];
    if (this.has(arc)) return;
    if (this.latestAt(tail) + (this.#latencies[arc] ?? 0) + this.longestFrom(head) > latencyMsMax) return;
    this.#isChosen[arc] = 1;
    this.#measure();
  }

  #arrive(vertex: number): void {
    const { starts, heads } = this.#graph;
    for (let arc = starts[vertex] ?? 0; arc < (starts[vertex + 1] ?? 0); arc += 1) {
      const head = heads[arc] ?? 0;
      this.#tails[arc] = vertex;
      const atMs = (this.#earliest[vertex] ?? 0) + (this.#latencies[arc] ?? 0);
      this.#earliest[head] = Math.min(this.#earliest[head] ?? 0, atMs);
    }
  }

  #goOn(vertex: number): void {
    const { starts, heads } = this.#graph;
    const [start, end] = [starts[vertex] ?? 0, starts[vertex + 1] ?? 0];
    let shortest = Infinity;
    let shortestArc = -1;
    for (let arc = start; arc < end; arc += 1) {
      const onMs = (this.#latencies[arc] ?? 0) + this.longestFrom(heads[arc] ?? 0);
      if (onMs >= shortest) continue;
      shortest = onMs;
      shortestArc = arc;
    }
    if (shortestArc < 0) return;
    this.#longest[vertex] = shortest;
    this.#isChosen[shortestArc] = 1;
  }

  #measure(): void {
    const { starts, heads, vertices } = this.#graph;
    const latest = Float64Array.from(this.#earliest);
    const longest = new Float64Array(vertices.length);
    for (let arc = 0; arc < heads.length; arc += 1) {
      if (!this.has(arc)) continue;
      const [tail, head] = [this.#tails[arc] ?? 0, heads[arc] ?? 0];
      latest[head] = Math.max(latest[head] ?? 0, (latest[tail] ?? 0) + (this.#latencies[arc] ?? 0));
    }
    for (let vertex = vertices.length - 1; vertex >= 0; vertex -= 1)
      for (let arc = starts[vertex] ?? 0; arc < (starts[vertex + 1] ?? 0); arc += 1)
        if (this.has(arc))
          longest[vertex] = Math.max(
            longest[vertex] ?? 0,
            (this.#latencies[arc] ?? 0) + (longest[heads[arc] ?? 0] ?? 0),
          );
    this.#latest = latest;
    this.#longest = longest;
  }
}
