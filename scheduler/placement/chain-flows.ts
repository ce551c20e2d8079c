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

function flowsAlong(layers: readonly ChainLayer[], demandBytesPerSecond: number): readonly ExpectedFlow[] {
  const flows: ExpectedFlow[] = [];
  let amount = demandBytesPerSecond;
  for (const [at, { workloads, function: passed }] of layers.entries()) {
    amount *= passed?.scaling ?? 1;
    const next = layers[at + 1]?.workloads ?? [];
    const requestBytesPerSecond = amount / (workloads.length * next.length);
    for (const source of workloads)
      for (const destination of next)
        flows.push({ source, destination, requestBytesPerSecond, responseBytesPerSecond: 0 });
  }
  return flows;
}
