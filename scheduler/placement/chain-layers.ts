/** What a chain's traffic passes, in order, and which workloads that is. */
import type { ServiceFunction, ServiceFunctionChain } from "../../core/model/chain.ts";
import type { NameContext } from "./annotated-flows.ts";

export interface ChainContext extends NameContext {
  readonly functionOf: (key: string) => ServiceFunction | undefined;
}

export interface ChainLayer {
  /** As a remark calls it. */
  readonly name: string;
  /** Keys of those that have pods. */
  readonly workloads: readonly string[];
  /** Undefined at both ends, and for a function that there is no object of. */
  readonly function: ServiceFunction | undefined;
}

/** First the sources, last the destination, between them a layer for each of the chain's functions. */
export function chainLayers(
  { namespace, classifier, functions }: ServiceFunctionChain,
  { samples, serviceOf, functionOf }: ChainContext,
): readonly ChainLayer[] {
  const selected = (selector: Readonly<Record<string, string>> | undefined) =>
    selector ? samples.selectedBy(namespace, selector) : [];
  const end = (name: string, selector: Readonly<Record<string, string>> | undefined): ChainLayer => {
    return { name, workloads: selected(selector), function: undefined };
  };
  const inner = functions.map((name): ChainLayer => {
    const known = functionOf(`${namespace}/${name}`);
    return { name: `function ${name}`, workloads: selected(known?.selector), function: known };
  });
  const { service } = classifier.to;
  return [
    end("its source", classifier.from),
    ...inner,
    end(`Service ${service}`, serviceOf(`${namespace}/${service}`)?.selector),
  ];
}
