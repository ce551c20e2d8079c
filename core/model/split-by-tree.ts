/** The balanced, locality-aware split between two workloads where the groups of a cost tree say what is near. */
import type { CostTree } from "./cost-tree.ts";
import { present } from "./invariant.ts";

/** Parts of a workload's replicas by node index; they sum to 1, or to less where some are pending. */
export type SharesByNode = ReadonlyMap<number, number>;

/** What a node still has to send or can still take. */
export interface LeftShare {
  readonly node: number;
  left: number;
}

/** What one group keeps that none of its smaller groups could: each sender sends it in proportion to each receiver. */
export interface KeptShare {
  readonly group: number;
  /** Part of all traffic between the two workloads, in (0, 1]. */
  readonly kept: number;
  /** Sums over the senders and over the receivers, of which `kept` is the smaller one. */
  readonly offered: number;
  readonly accepted: number;
  /** As they are before it; only until the next one is asked for. */
  readonly senders: readonly LeftShare[];
  readonly receivers: readonly LeftShare[];
}

const NEGLIGIBLE = 1e-12;

/**
 * Group by group, from the nodes outwards, each keeps min(what its sources still have to send, what its destinations can still
 * take). With a tree of localities this is `balancedSplit`. O(nodes with replicas * depth of the tree).
 */
export function* splitByTree({ parent }: CostTree, from: SharesByNode, to: SharesByNode): Generator<KeptShare> {
  const [sending, taking] = [leftByNode(from), leftByNode(to)];
  for (const group of groupsAround(parent, [...from.keys(), ...to.keys()])) {
    const [senders, receivers] = [sending.get(group) ?? [], taking.get(group) ?? []];
    const [offered, accepted] = [sumOf(senders), sumOf(receivers)];
    const kept = Math.min(offered, accepted);
    if (kept > NEGLIGIBLE) {
      yield { group, kept, offered, accepted, senders, receivers };
      for (const each of senders) each.left *= 1 - kept / offered;
      for (const each of receivers) each.left *= 1 - kept / accepted;
    }
    passOn(sending, senders, parent[group]);
    passOn(taking, receivers, parent[group]);
  }
}

function leftByNode(shares: SharesByNode): Map<number, LeftShare[]> {
  return new Map([...shares].map(([node, left]) => [node, [{ node, left }]]));
}

/** Smaller ones first, as their numbers are. */
function groupsAround(parent: Int32Array, nodes: readonly number[]): number[] {
  const groups = new Set<number>();
  for (const node of nodes)
    for (let group = node; group >= 0 && !groups.has(group); group = present(parent[group], "group around a node"))
      groups.add(group);
  return [...groups].sort((a, b) => a - b);
}

function passOn(byGroup: Map<number, LeftShare[]>, shares: readonly LeftShare[], outer = -1): void {
  if (outer < 0) return;
  const left = shares.filter((share) => share.left > NEGLIGIBLE);
  const already = byGroup.get(outer);
  if (already) already.push(...left);
  else byGroup.set(outer, left);
}

function sumOf(shares: readonly LeftShare[]): number {
  return shares.reduce((sum, { left }) => sum + left, 0);
}
