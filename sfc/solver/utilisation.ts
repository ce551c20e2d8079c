/** What arc flows load. */
import { present } from "../../core/model/invariant.ts";
import type { ArcFlows, SplitProblem } from "./split-problem.ts";

export interface Utilisation {
  /** Load over capacity of each resource. */
  readonly ofResources: Float64Array;
  /** Of the fullest resource; 0 when nothing is limited. */
  readonly max: number;
  /** The fullest resource's name; undefined when nothing is limited. */
  readonly bottleneck: string | undefined;
  /** Sum over chains and arcs of amount * latency. */
  readonly amountTimesDelay: number;
}

/** Time O(arcs + nodes that arcs lead to * links on shortest paths to one). */
export function utilisationOf(problem: SplitProblem, flows: ArcFlows): Utilisation {
  const { resources } = problem;
  const { ofResources, amountTimesDelay } = loadsOf(problem, flows);
  for (const [index, { capacity }] of resources.entries()) ofResources[index] = (ofResources[index] ?? 0) / capacity;
  const max = ofResources.reduce((a, b) => Math.max(a, b), 0);
  return { ofResources, max, bottleneck: resources[ofResources.indexOf(max)]?.name, amountTimesDelay };
}

/** Gathers what goes to each node before it is sent down the links, since arcs between the same nodes are many. */
function loadsOf({ graphs, resources, underlay, table }: SplitProblem, flows: ArcFlows) {
  const ofResources = new Float64Array(resources.length);
  const traffic = new Map<number, Float64Array>();
  let amountTimesDelay = 0;
  for (const [chain, { vertices, starts, heads, amounts: ofVertices }] of graphs.entries()) {
    const ofChain = present(flows[chain], "flows of a chain");
    for (const [vertex, { node }] of vertices.entries()) {
      for (let arc = starts[vertex] ?? 0; arc < (starts[vertex + 1] ?? 0); arc += 1) {
        const amount = (ofChain[arc] ?? 0) * (ofVertices[vertex] ?? 0);
        if (amount === 0) continue;
        const entered = present(vertices[heads[arc] ?? -1], "vertex");
        const amounts = traffic.get(entered.node) ?? new Float64Array(underlay.columns.nodeCount);
        traffic.set(entered.node, amounts);
        amounts[node] = (amounts[node] ?? 0) + amount;
        amountTimesDelay += amount * (underlay.routesTo(entered.node).latencyMs[node] ?? 0);
        addTo(ofResources, entered.resource, amount);
      }
    }
  }
  const ofLinks = new Float64Array(table.ofLink.length);
  for (const [node, amounts] of traffic) underlay.routesTo(node).load(amounts, ofLinks);
  for (const [link, resource] of table.ofLink.entries()) addTo(ofResources, resource, ofLinks[link] ?? 0);
  return { ofResources, amountTimesDelay };
}

function addTo(loads: Float64Array, resource: number | undefined, amount: number): void {
  if (resource !== undefined) loads[resource] = (loads[resource] ?? 0) + amount;
}
