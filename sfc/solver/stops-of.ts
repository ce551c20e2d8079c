/** Where a way through a chain leads, by name. */
import type { NetworkChain, SplitNetwork } from "../../core/model/split-network.ts";
import type { Way } from "./ways.ts";

export interface Stop {
  readonly name: string;
  readonly node: string;
  /** What it fills up: one for each instance of a function, whichever chain comes there. */
  readonly key: string;
}

/** Source, instances, destination. */
export function stopsOf(way: Way, chain: NetworkChain, { functions }: SplitNetwork): readonly Stop[] {
  const inner = way.instances.map((name, index) => {
    const ofFunction = chain.functions[index] ?? "";
    return { name, node: nodeOf(functions.get(ofFunction) ?? [], name), key: instanceKey(ofFunction, name) };
  });
  const end = (name: string, members: readonly Member[], kind: string) => {
    return { name, node: nodeOf(members, name), key: JSON.stringify([kind, chain.name, name]) };
  };
  return [end(way.source, chain.sources, "source"), ...inner, end(way.destination, chain.destinations, "destination")];
}

export function instanceKey(ofFunction: string, instance: string): string {
  return JSON.stringify([ofFunction, instance]);
}

interface Member {
  readonly name: string;
  readonly node: string;
}

function nodeOf(members: readonly Member[], name: string): string {
  return members.find((member) => member.name === name)?.node ?? "";
}
