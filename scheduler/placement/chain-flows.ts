/** What chains that declare a demand will send between neighbouring functions. */
import type { ServiceFunctionChain } from "../../core/model/chain.ts";
import { type ChainContext, type ChainLayer, chainLayers } from "./chain-layers.ts";
import type { Expectation, ExpectedFlow, Remark } from "./expected-flow.ts";

/** The demand, scaled by the functions passed so far, is shared out evenly over the workloads on both sides of each step. */
export function chainFlows(chains: Iterable<ServiceFunctionChain>, context: ChainContext): Expectation {
  const flows: ExpectedFlow[] = [];
  const remarks: Remark[] = [];
  for (const chain of chains) {
    if (chain.demandBytesPerSecond === undefined) continue;
    const layers = chainLayers(chain, context);
    flows.push(...flowsAlong(layers, chain.demandBytesPerSecond));
    const workloads = [...new Set(layers.flatMap((layer) => layer.workloads))];
    for (const { name, workloads: members } of layers)
      if (members.length === 0)
        remarks.push({ workloads, text: `chain ${chain.namespace}/${chain.name}: ${name} has no pods yet` });
  }
  return { flows, remarks };
}

/** A tap gets its copy from where the traffic comes that goes past it. */
function flowsAlong([first, ...behind]: readonly ChainLayer[], demandBytesPerSecond: number): readonly ExpectedFlow[] {
  const flows: ExpectedFlow[] = [];
  let amount = demandBytesPerSecond;
  let from = first?.workloads ?? [];
  for (const { workloads, function: passed } of behind) {
    const requestBytesPerSecond = amount / (from.length * workloads.length);
    for (const source of from)
      for (const destination of workloads)
        flows.push({ source, destination, requestBytesPerSecond, responseBytesPerSecond: 0 });
    if (passed?.mode === "Tap") continue;
    amount *= passed?.scaling ?? 1;
    from = workloads;
  }
  return flows;
}
