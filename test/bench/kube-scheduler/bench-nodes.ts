/** Nodes without machines, in three zones of racks of twenty, each linked with 10 Gbit/s. */
import { linkBandwidthAnnotation } from "../../../core/model/cluster-node.ts";
import { topologyLabels } from "../../../core/model/locality.ts";
import { handMadeNode } from "../../control-plane/cluster-objects.ts";
import type { BenchCluster } from "./bench-cluster.ts";

const ZONES = 3;
const NODES_OF_RACK = 20;

export function nodeName(index: number): string {
  return `ip-10-${index >> 8}-${index & 255}-17.eu-central-1.compute.internal`;
}

export async function createNodes(cluster: BenchCluster, count: number): Promise<void> {
  for (let index = 0; index < count; index++) {
    const rack = Math.floor(index / NODES_OF_RACK);
    const labels = {
      [topologyLabels.region]: "eu-central-1",
      [topologyLabels.zone]: `eu-central-1${"abc"[rack % ZONES]}`,
      [topologyLabels.rack]: `r${rack}`,
    };
    const node = handMadeNode({ name: nodeName(index), labels });
    const metadata = { ...node.metadata, annotations: { [linkBandwidthAnnotation]: "10G" } };
    await cluster.create("/api/v1/nodes", { ...node, metadata });
  }
}
