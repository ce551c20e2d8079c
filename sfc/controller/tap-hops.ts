/** Taps among a path's hops: traffic goes past them, so the split is found without them. */
import { type HopWeight, hopWeightSum, type PathHop } from "../../core/model/chain.ts";
import { largestRemainder } from "../solver/largest-remainder.ts";
import type { PlacedPod } from "./cluster-state.ts";
import type { PlacedTap, RunnableChain } from "./examine-chain.ts";

/**
 * Puts the chain's taps between the hops of its split. Whoever passes traffic on there copies it in equal parts to the instances
 * on its own node, or to all where there are none.
 */
export function withTaps(hops: readonly PathHop[], runnable: RunnableChain): readonly PathHop[] {
  if (runnable.taps.length === 0) return hops;
  const all = hops.flatMap((hop, position) => {
    const before = runnable.taps.filter((tap) => tap.position === position);
    return [...before.map((tap) => tapHop(tap, copiersOf(hop, runnable), runnable)), hop];
  });
  return all.map((hop, at) => ({ ...hop, serviceIndex: all.length - 1 - at }));
}

/** The hops that the split is about. */
export function hopsPastTaps(hops: readonly PathHop[], { taps }: RunnableChain): readonly PathHop[] {
  const names = new Set(taps.map((tap) => tap.function.name));
  return names.size === 0 ? hops : hops.filter((hop) => hop.function === undefined || !names.has(hop.function));
}

interface Copier {
  readonly name: string;
  readonly node: string;
}

/** A node's classifiers before the first function, an instance of the function before it elsewhere. */
function copiersOf({ weights }: PathHop, { instances }: RunnableChain): readonly Copier[] {
  const nodes = new Map([...instances.values()].flat().map(({ name, node }) => [name, node]));
  return [...new Set(weights.map(({ from }) => from))].map((name) => ({ name, node: nodes.get(name) ?? name }));
}

function tapHop(tap: PlacedTap, copiers: readonly Copier[], { instances }: RunnableChain): PathHop {
  const { name } = tap.function;
  const pods = instances.get(name) ?? [];
  return { serviceIndex: 0, function: name, weights: copiers.flatMap((copier) => copyWeights(copier, pods)) };
}

function copyWeights({ name, node }: Copier, pods: readonly PlacedPod[]): readonly HopWeight[] {
  const isLocal = (pod: PlacedPod) => pod.node === node;
  const isAnyLocal = pods.some(isLocal);
  const parts = pods.map((pod) => (isAnyLocal && !isLocal(pod) ? 0 : 1));
  const weights = largestRemainder(parts, hopWeightSum);
  return pods.map((pod, at) => ({ from: name, to: pod.name, weight: weights[at] ?? 0 }));
}
