/** Baseline: everything goes to the instance of the next function that is nearest by latency; equally near ones share. */
import { arcLatencyMs } from "../../../core/graph/layered-arcs.ts";
import { flowsBy } from "../out-fractions.ts";
import type { SplitAnswer, SplitProblem } from "../split-problem.ts";

const SAME_LATENCY_MS = 1e-9;

export function nearestSplit({ graphs, underlay }: SplitProblem): SplitAnswer {
  const flows = graphs.map((graph) =>
    flowsBy(graph, (_, leaving, vertex) => {
      const latencies = leaving.map((arc) => arcLatencyMs(graph, vertex, arc, underlay));
      const shortest = Math.min(...latencies);
      return latencies.map((latencyMs) => (latencyMs - shortest <= SAME_LATENCY_MS ? 1 : 0));
    }),
  );
  return { kind: "split", flows, iterations: 1 };
}
