/** Whether what was started can take traffic. */
import type { PodGroupDeps } from "./pod-group.ts";

interface ProxyStatus {
  readonly isConnected: boolean;
  readonly sentVersion?: number;
  readonly runningVersion?: number;
}

/** Every pod of the mesh runs the newest snapshot that it was sent. */
export async function proxiesAreCurrent(controlUrl: string): Promise<boolean> {
  const response = await fetch(`${controlUrl}/v1/proxies`);
  const { proxies } = (await response.json()) as { readonly proxies: readonly ProxyStatus[] };
  return proxies.every(
    ({ sentVersion, runningVersion }) => sentVersion !== undefined && sentVersion === runningVersion,
  );
}

/** Every chain has an active path, all of whose pods are there. */
export function chainsAreActive({ cluster, world }: PodGroupDeps): boolean {
  const active = cluster.serviceFunctionPaths.list().filter(({ isActive }) => isActive);
  const alive = new Set(cluster.pods.list().map(({ name }) => name));
  return world.chains.every(({ name }) =>
    active.some(
      ({ chain, hops }) => chain === name && hops.every(({ weights }) => weights.every(({ to }) => alive.has(to))),
    ),
  );
}
