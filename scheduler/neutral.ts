/** When the extender has no opinion: every node gets the same score, the reason is counted and can be asked for. */

export const neutralReasons = {
  "view-unsynced": "the cluster's pods and nodes have not all been read yet",
  "telemetry-missing": "no flow has been read yet",
  "telemetry-stale": "the last reading of flows is too old to go by",
  "flows-unknown": "no flow is known of the pod's workload",
  "peers-unplaced": "no replica of the workloads it talks to stands anywhere yet",
  "nodes-alike": "the nodes asked about do not differ for the pod's traffic",
  "internal-failure": "the extender failed; the log says why",
} as const;

export type NeutralReason = keyof typeof neutralReasons;
