/** Resources in a scenario file: CPU and memory have keys of their own, others are named. */

export interface ResourceKeys {
  readonly cpu: number;
  readonly memory: number;
  readonly otherResources?: Readonly<Record<string, number>> | undefined;
}

interface FileParts {
  readonly nodes: readonly ResourceKeys[];
  readonly services: readonly ResourceKeys[];
}

/** CPU and memory, then the others in the order in which they are first named. */
export function resourceNamesOf({ nodes, services }: FileParts): readonly string[] {
  const others = new Set([...nodes, ...services].flatMap(({ otherResources = {} }) => Object.keys(otherResources)));
  return ["cpu", "memory", ...others];
}

/** A resource that is not named is 0. */
export function amountsOf(keys: ResourceKeys, resources: readonly string[]): readonly number[] {
  return resources.map((name) => amountOf(keys, name));
}

export function amountOf({ cpu, memory, otherResources = {} }: ResourceKeys, resource: string): number {
  if (resource === "cpu") return cpu;
  return resource === "memory" ? memory : Object.hasOwn(otherResources, resource) ? (otherResources[resource] ?? 0) : 0;
}

/** Where a node or a service says it. */
export function pathOf(resource: string): readonly string[] {
  return resource === "cpu" || resource === "memory" ? [resource] : ["otherResources", resource];
}

/** The way back. */
export function resourceKeysOf(amounts: readonly number[], resources: readonly string[]): ResourceKeys {
  const of = (name: string) => amounts[resources.indexOf(name)] ?? 0;
  const others = resources.filter((name) => name !== "cpu" && name !== "memory");
  return {
    cpu: of("cpu"),
    memory: of("memory"),
    ...(others.length > 0 ? { otherResources: Object.fromEntries(others.map((name) => [name, of(name)])) } : {}),
  };
}
