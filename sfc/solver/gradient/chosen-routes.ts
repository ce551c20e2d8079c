import { flowRoutes } from "../../../core/graph/flow-routes.ts";
import type { NetworkRoute } from "../../../core/model/split-network.ts";
import type { SplitProblem } from "../split-problem.ts";
import { type FlowState, trafficOf } from "./flow-state.ts";

/** Free routes as an answer: of each pair of nodes that has traffic. Undefined where routes are given. */
export function chosenRoutes(
  { network, underlay }: SplitProblem,
  state: FlowState,
): readonly NetworkRoute[] | undefined {
  if (network.routing.kind !== "free") return undefined;
  const traffic = trafficOf(state);
  const { freeRoutes } = state.program;
  return freeRoutes.flatMap((routes, slot) => {
    const amounts = traffic[slot] ?? new Float64Array();
    const origins = [...amounts.keys()].filter((node) => (amounts[node] ?? 0) > 0 && node !== routes.to);
    const linkFlows = new Float64Array(network.links.length);
    routes.load(amounts, linkFlows);
    return flowRoutes(underlay.columns, network.nodes, { to: routes.to, linkFlows, origins });
  });
}
