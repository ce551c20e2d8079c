/** Whether a path that has been replaced may take a chain's traffic again. */
import { mayBeBypassed, type ServiceFunctionChain, type ServiceFunctionPath } from "../../../core/model/chain.ts";
import { type ClusterState, livePods } from "../cluster-state.ts";

/** It still has a live instance of each of its functions, but for those that may be bypassed. */
export function isUsable({ namespace, hops }: ServiceFunctionPath, state: ClusterState): boolean {
  return hops.every(({ function: name, weights }) => {
    if (name === undefined) return true;
    const found = state.functions.get(`${namespace}/${name}`);
    if (!found) return false;
    const live = new Set(livePods(state, namespace, found.selector).map((pod) => pod.name));
    return mayBeBypassed(found) || weights.some(({ to }) => live.has(to));
  });
}

/** It goes around no function of the chain that must not be bypassed: what was declared `Block` holds for old paths too. */
export function passesAllBlocking(
  { hops }: ServiceFunctionPath,
  { namespace, functions }: ServiceFunctionChain,
  state: ClusterState,
): boolean {
  const passed = new Set(hops.map((hop) => hop.function));
  return functions.every((name) => {
    const found = state.functions.get(`${namespace}/${name}`);
    return passed.has(name) || (found !== undefined && mayBeBypassed(found));
  });
}
