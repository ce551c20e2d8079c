/** What chains that declare a demand will send between neighbouring functions. */
import type { ServiceFunction, ServiceFunctionChain } from "../../core/model/chain.ts";
import type { NameContext } from "./annotated-flows.ts";
import type { Expectation, ExpectedFlow, Remark } from "./expected-flow.ts";

export interface ChainContext extends NameContext {
  readonly functionOf: (key: string) => ServiceFunction | undefined;
}

/** The demand, scaled by the functions passed so far, is shared out evenly over the workloads on both sides of each step. */
export function chainFlows(chains: Iterable<ServiceFunctionChain>, context: ChainContext): Expectation {
  const flows: ExpectedFlow[] = [];
  const remarks: Remark[] = [];
  for (const chain of chains) {
    if (chain.demandBytesPerSecond === undefined) continue;
    const layers = layersOf(chain, context);
    flows.push(...flowsAlong(layers, chain.demandBytesPerSecond));
    const workloads = [...new Set(layers.flatMap((layer) => layer.workloads))];
    for (const { name, workloads: members } of layers)
      if (members.length === 0)
        remarks.push({ workloads, text: `chain ${chain.namespace}/${chain.name}: ${name} has no pods yet` });
  }
  return { flows, remarks };
}

interface Layer {
  readonly name: string;
  readonly workloads: readonly string[];
  /** Bytes out per byte in. */
  readonly scaling: number;
}

function layersOf({ namespace, classifier, functions }: ServiceFunctionChain, context: ChainContext): readonly Layer[] {
  const { samples, serviceOf, functionOf } = context;
  const selected = (selector: Readonly<Record<string, string>> | undefined) =>
    selector ? samples.selectedBy(namespace, selector) : [];
  const inner = functions.map((name): Layer => {
    const known = functionOf(`${namespace}/${name}`);
    return { name: `function ${name}`, workloads: selected(known?.selector), scaling: known?.scaling ?? 1 };
  });
  const { service } = classifier.to;
  return [
    { name: "its source", workloads: selected(classifier.from), scaling: 1 },
    ...inner,
    { name: `Service ${service}`, workloads: selected(serviceOf(`${namespace}/${service}`)?.selector), scaling: 1 },
  ];
}

function flowsAlong(layers: readonly Layer[], demandBytesPerSecond: number): readonly ExpectedFlow[] {
  const flows: ExpectedFlow[] = [];
  let amount = demandBytesPerSecond;
  for (const [at, { workloads, scaling }] of layers.entries()) {
    amount *= scaling;
    const next = layers[at + 1]?.workloads ?? [];
    const requestBytesPerSecond = amount / (workloads.length * next.length);
    for (const source of workloads)
      for (const destination of next)
        flows.push({ source, destination, requestBytesPerSecond, responseBytesPerSecond: 0 });
  }
  return flows;
}
