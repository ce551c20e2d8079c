import { ReplicaCounts } from "../../core/model/replica-counts.ts";

/** The counts with one more replica for each of `nodes`; nodes that the topology does not have are left out. */
export function withAssumed(replicas: ReplicaCounts, nodes: readonly string[]): ReplicaCounts {
  const added = nodes.filter((node) => replicas.topology.indexOf(node) >= 0);
  if (added.length === 0) return replicas;
  const byNode = new Map(replicas.entries());
  for (const node of added) byNode.set(node, (byNode.get(node) ?? 0) + 1);
  return new ReplicaCounts(replicas.topology, byNode);
}
