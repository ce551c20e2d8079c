/** What a split can fill up: the links and instances of a network that have a limit. */
import type { SplitNetwork } from "../model/split-network.ts";

export interface Resource {
  readonly kind: "link" | "instance";
  /** `link l0 -> s1` or `instance dpi-1 of dpi`. */
  readonly name: string;
  readonly capacity: number;
}

export interface ResourceTable {
  readonly resources: readonly Resource[];
  /** By index of the link; undefined where unlimited. */
  readonly ofLink: readonly (number | undefined)[];
  /** By function, then by instance's name. */
  readonly ofInstance: ReadonlyMap<string, ReadonlyMap<string, number>>;
}

export function resourceTable({ links, functions }: SplitNetwork): ResourceTable {
  const resources: Resource[] = [];
  const add = (resource: Resource) => (resource.capacity < Infinity ? resources.push(resource) - 1 : undefined);
  const ofLink = links.map(({ from, to, capacity }) => add({ kind: "link", name: `link ${from} -> ${to}`, capacity }));
  const ofInstance = new Map<string, Map<string, number>>();
  for (const [name, instances] of functions) {
    const ofFunction = new Map<string, number>();
    for (const instance of instances) {
      const { name: instanceName, capacity } = instance;
      const index = add({ kind: "instance", name: `instance ${instanceName} of ${name}`, capacity });
      if (index !== undefined) ofFunction.set(instanceName, index);
    }
    ofInstance.set(name, ofFunction);
  }
  return { resources, ofLink, ofInstance };
}
