/** What `kubectl describe pod` says of a pod that Weft's gate has held. */
import { misreadPlacementWords, placementAffinityOf } from "../../core/model/placement-group.ts";
import type { ObjectEvent } from "../../core/ports/event-recorder.ts";
import type { UnplannedReason } from "../placement/groups/unplanned.ts";
import type { Release } from "./release-queue.ts";

/** What somebody may want to see to; the others are as things go. */
const warnings: ReadonlySet<UnplannedReason> = new Set(["planning-failed", "time-over", "refused", "no-room", "limit"]);

export function releaseEvent(release: Release): ObjectEvent {
  const { namespace, name, uid } = release.pod;
  const misread = misreadPlacementWords(release.pod);
  const isWarning = misread.length > 0 || (release.kind === "unplanned" && warnings.has(release.why.reason));
  return {
    regarding: { apiVersion: "v1", kind: "Pod", namespace, name, uid },
    type: isWarning ? "Warning" : "Normal",
    reason: release.kind === "planned" ? "PlacementPlanned" : "PlacementUnplanned",
    message: [textOf(release), ...misread].join("; "),
  };
}

function textOf(release: Release): string {
  if (release.kind === "unplanned") return `let go without a node: ${release.why.message}`;
  const { pod, node, plan } = release;
  return `let go towards ${node} (${placementAffinityOf(pod)}), planned together with ${plan.pods.size - 1} others of ${plan.name}`;
}
