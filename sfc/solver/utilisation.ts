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

export function utilisationOf({ graphs, resources }: SplitProblem, flows: ArcFlows): Utilisation {
  const ofResources = new Float64Array(resources.length);
  let amountTimesDelay = 0;
  for (const [chain, { arcs }] of graphs.entries()) {
    const ofArcs = present(flows[chain], "flows of a chain");
    for (const [index, { amount, latencyMs, loads }] of arcs.entries()) {
      const flow = ofArcs[index] ?? 0;
      amountTimesDelay += flow * amount * latencyMs;
      for (const load of loads) ofResources[load.resource] = (ofResources[load.resource] ?? 0) + flow * load.amount;
    }
  }
  for (const [index, { capacity }] of resources.entries()) ofResources[index] = (ofResources[index] ?? 0) / capacity;
  const max = ofResources.reduce((a, b) => Math.max(a, b), 0);
  return { ofResources, max, bottleneck: resources[ofResources.indexOf(max)]?.name, amountTimesDelay };
}
