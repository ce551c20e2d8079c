/**
 * A chain's latency limit holds for every way that its traffic takes, not for their mean: a flow stays on its way, so whoever
 * is hashed onto a slow one has all its packets late (as with the packet delay budget of 3GPP TS 23.501, 5.7.3.4). Forwarders
 * choose hop by hop, so traffic takes every way over arcs that carry some. A linear program cannot say that; hence two
 * steps: solve without the limit, and where ways come out too slow, again over arcs that cannot make a slow way together.
 */
import { safeArcs } from "../../core/graph/safe-arcs.ts";
import { lowerBoundOf } from "./certificate.ts";
import { certificateWeights } from "./certificate-weights.ts";
import { type RestrictedGraph, restrictedGraph } from "./restricted-graph.ts";
import { routesInUse } from "./routes-in-use.ts";
import { slowestWayMs } from "./slowest-way.ts";
import { routedBy, type Split, type SplitAnswer, type SplitProblem, type SplitSolver } from "./split-problem.ts";

/** Sums of decimals are not exact. */
const TOLERANCE = 1e-9;

export function keepingLatency(solve: SplitSolver): SplitSolver {
  return (problem, options) => {
    const first = solve(problem, options);
    return first.kind === "split" && hasSlowWays(problem, first) ? solveWithin(problem, first, solve) : first;
  };
}

function hasSlowWays(problem: SplitProblem, { flows, routes }: Split): boolean {
  const { underlay } = routedBy(problem, routes);
  return problem.graphs.some((graph, chain) => {
    const { latencyMsMax } = graph.chain;
    const ofChain = flows[chain];
    if (latencyMsMax === undefined || !ofChain) return false;
    return slowestWayMs(graph, ofChain, underlay) > latencyMsMax * (1 + TOLERANCE);
  });
}

/** Where routes are free they become the shortest ones: one that is chosen for a link's sake may be too slow for a chain. */
function solveWithin(problem: SplitProblem, first: Split, solve: SplitSolver): SplitAnswer {
  const isFree = problem.network.routing.kind === "free";
  const restricted = problem.graphs.map((graph, chain) => within(problem, first, graph, chain));
  const network = isFree ? { ...problem.network, routing: { kind: "ecmp" as const } } : problem.network;
  const second = solve({ ...problem, network, graphs: restricted.map(({ graph }) => graph) });
  if (second.kind !== "split") return second;
  const flows = restricted.map(({ widen }, chain) => widen(second.flows[chain] ?? new Float64Array()));
  return {
    ...second,
    flows,
    ...(isFree && { routes: routesInUse(problem, flows) }),
    iterations: first.iterations + second.iterations,
    resourceWeights: betterWeights(problem, first, second),
  };
}

function within(
  problem: SplitProblem,
  first: Split,
  graph: SplitProblem["graphs"][number],
  chain: number,
): RestrictedGraph {
  const { latencyMsMax } = graph.chain;
  const wanted = first.flows[chain];
  if (latencyMsMax === undefined || !wanted) return { graph, widen: (flows) => flows };
  return restrictedGraph(graph, safeArcs({ graph, latencyMsMax, underlay: problem.underlay, wanted }));
}

/** Both prove a bound of the whole problem. */
function betterWeights(problem: SplitProblem, first: Split, second: Split): Float64Array {
  const weights = [first, second].map(({ resourceWeights }) => resourceWeights ?? certificateWeights(problem));
  const [bound, other] = weights.map((each) => lowerBoundOf(problem, each));
  const chosen = (bound ?? 0) >= (other ?? 0) ? weights[0] : weights[1];
  return chosen ?? new Float64Array(problem.resources.length);
}
