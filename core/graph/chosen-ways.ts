import type { LayeredGraph } from "./layered-graph.ts";

/** Arcs chosen so far; to begin with, from every vertex the shortest way on. */
export class ChosenWays {
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
