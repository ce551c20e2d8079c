/** The published greedy score: how much of the pod's traffic goes to pods that already stand on the node. */
import { scoresFromZero } from "../normalise.ts";
import type { ScorePlugin, ScoringInput } from "../score-plugin.ts";

/**
 * worth(node) = sum over peers p of bytesPerSecond(p) * replicas(p, node) / replicas(p), which is the sum over the node's
 * pods of the traffic rate between the pod's workload and each of them when a workload's traffic is shared out evenly.
 *
 * Source: Wojciechowski et al., NetMARKS: Network Metrics-AwaRe Kubernetes Scheduler Powered by Service Mesh, INFOCOM 2021,
 * https://doi.org/10.1109/INFOCOM42981.2021.9488670
 */
export const netmarks: ScorePlugin = {
  name: "netmarks",
  worthUnit: "bytes per second exchanged with pods on the node",
  score(input) {
    const traffic = trafficByNode(input);
    const worth = new Float64Array(input.candidates.length);
    const { groupOfNode } = input.topology.grouping("node");
    for (let i = 0; i < worth.length; i++) worth[i] = traffic[groupOfNode[input.candidates[i] ?? -1] ?? -1] ?? 0;
    return { worth, scores: scoresFromZero(worth) };
  },
  parts({ topology, peers }, candidate) {
    const node = topology.names[candidate] ?? "";
    return Float64Array.from(peers, ({ bytesPerSecond, replicas }) => {
      return (bytesPerSecond / replicas.total) * replicas.onNode(node);
    });
  },
  behind: (rate) => `exchanges ${rate} less with pods on it`,
};

function trafficByNode({ topology, peers }: ScoringInput): Float64Array {
  const traffic = new Float64Array(topology.grouping("node").count);
  for (const { bytesPerSecond, replicas } of peers) {
    const perReplica = bytesPerSecond / replicas.total;
    const { groups, counts } = replicas.at("node");
    for (let i = 0; i < groups.length; i++) {
      const node = groups[i] ?? 0;
      traffic[node] = (traffic[node] ?? 0) + perReplica * (counts[i] ?? 0);
    }
  }
  return traffic;
}
