import fc from "fast-check";
import { expect, test } from "vitest";
import { randomNetwork } from "../../test/builders/random-network.ts";
import { arcSlowestMs } from "./layered-arcs.ts";
import { type LayeredGraph, layeredGraph } from "./layered-graph.ts";
import { resourceTable } from "./layered-graph-resources.ts";
import { safeArcs } from "./safe-arcs.ts";
import { type Underlay, underlayOf } from "./underlay.ts";

test("no way over safe arcs is longer than the limit, every vertex keeps an arc, and without a limit all are safe", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 60 }), fc.double({ min: 1, max: 2, noNaN: true }), (seed, factor) => {
      const network = randomNetwork(seed);
      const underlay = underlayOf(network.nodes, network.links);
      for (const chain of network.chains) {
        const context = { network, underlay, table: resourceTable(network) };
        const whole = layeredGraph({ ...chain, latencyMsMax: undefined }, context);
        if (whole.kind !== "layered") throw new Error(`seed ${seed}`);
        const latencyMsMax = factor * longestWay(whole.graph, underlay, shortestArcs(whole.graph, underlay));
        const result = layeredGraph({ ...chain, latencyMsMax }, context);
        if (result.kind !== "layered") continue;
        const { graph } = result;
        const wanted = Float64Array.from(graph.heads, (_, arc) => (arc * 7) % 5);
        const isSafe = safeArcs({ graph, latencyMsMax, underlay, wanted });
        expect(longestWay(graph, underlay, isSafe)).toBeLessThanOrEqual(latencyMsMax * (1 + 1e-9));
        for (const vertex of graph.vertices.keys()) {
          const [start, end] = [graph.starts[vertex] ?? 0, graph.starts[vertex + 1] ?? 0];
          if (start < end) expect(isSafe.slice(start, end)).toContain(1);
        }
        expect(safeArcs({ graph, latencyMsMax: 1e6, underlay, wanted })).not.toContain(0);
      }
    }),
  );
});

/** From every vertex only the shortest hop: enough for a limit that some way keeps. */
function shortestArcs(graph: LayeredGraph, underlay: Underlay): Uint8Array {
  const isKept = new Uint8Array(graph.heads.length);
  for (const vertex of graph.vertices.keys()) {
    const [start, end] = [graph.starts[vertex] ?? 0, graph.starts[vertex + 1] ?? 0];
    const arcs = Array.from({ length: end - start }, (_, index) => start + index);
    const shortest = arcs.toSorted(
      (a, b) => arcSlowestMs(graph, vertex, a, underlay) - arcSlowestMs(graph, vertex, b, underlay),
    )[0];
    if (shortest !== undefined) isKept[shortest] = 1;
  }
  return isKept;
}

function longestWay(graph: LayeredGraph, underlay: Underlay, isKept: Uint8Array): number {
  const longest = new Float64Array(graph.vertices.length);
  for (let vertex = graph.vertices.length - 1; vertex >= 0; vertex -= 1)
    for (let arc = graph.starts[vertex] ?? 0; arc < (graph.starts[vertex + 1] ?? 0); arc += 1)
      if (isKept[arc] === 1) {
        const on = arcSlowestMs(graph, vertex, arc, underlay) + (longest[graph.heads[arc] ?? 0] ?? 0);
        longest[vertex] = Math.max(longest[vertex] ?? 0, on);
      }
  return Math.max(...graph.vertices.map(({ layer }, vertex) => (layer === 0 ? (longest[vertex] ?? 0) : 0)));
}
