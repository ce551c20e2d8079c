/** Why a pod of a group gets no node by a plan; it is then placed as if there were none. */

const unplannedReasons = {
  "view-unsynced": "the cluster's pods and nodes have not all been read yet",
  "telemetry-missing": "no flow has been read yet, and none is expected of the group",
  "telemetry-stale": "the last reading of flows is too old to go by, and none is expected of the group",
  "flows-unknown": "no flow is known of its workload",
  "peers-unplaced": "no replica of the workloads that it talks to stands anywhere or is in the group",
  "kube-scheduler": "it asks for what only kube-scheduler can see to",
  limit: "a hard limit rejects the node that it was planned for",
  moved: "it takes the place of a pod that was moved, and is steered to where that was to go",
  "no-room": "no room was found for it",
  "planning-failed": "no plan was made",
  "time-over": "no plan was made in time",
  refused: "the API server did not take its node",
} as const;

export type UnplannedReason = keyof typeof unplannedReasons;

export interface Unplanned {
  readonly reason: UnplannedReason;
  /** For people. */
  readonly message: string;
}

export function unplanned(reason: UnplannedReason, detail?: string): Unplanned {
  return {
    reason,
    message: detail === undefined ? unplannedReasons[reason] : `${unplannedReasons[reason]}: ${detail}`,
  };
}
