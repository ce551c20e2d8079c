/** Arcs of a layered graph of which no way is longer than a limit, whichever of them it takes. */
import { ChosenWays } from "./chosen-ways.ts";
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
