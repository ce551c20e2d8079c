/** Baseline: everything goes to the instance of the next function that is nearest by latency; equally near ones share. */
import { present } from "../../../core/model/invariant.ts";
import { flowsBy } from "../out-fractions.ts";
import type { SplitAnswer, SplitProblem } from "../split-problem.ts";

const SAME_LATENCY_MS = 1e-9;

export function nearestSplit({ graphs }: SplitProblem): SplitAnswer {
  const flows = graphs.map((graph) =>
    flowsBy(graph, ({ arcs }, leaving) => {
      const latencies = leaving.map((arc) => present(arcs[arc], "arc").latencyMs);
      const shortest = Math.min(...latencies);
      return latencies.map((latencyMs) => (latencyMs - shortest <= SAME_LATENCY_MS ? 1 : 0));
    }),
  );
  return { kind: "split", flows, iterations: 1 };
}
