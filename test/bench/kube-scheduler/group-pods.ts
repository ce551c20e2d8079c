/** Pods as Weft plans them together behind its gate: each namespace's are one group, which says how many it has. */
import type { V1Pod } from "@kubernetes/client-node";
import {
  type PlacementAffinity,
  placementAffinityAnnotation,
  placementGate,
  placementGroupLabel,
  placementGroupSizeAnnotation,
} from "../../../core/model/placement-group.ts";

export function gatedGroups(pods: readonly V1Pod[], affinity: PlacementAffinity): readonly V1Pod[] {
  const groups = Map.groupBy(pods, ({ metadata }) => metadata?.namespace ?? "");
  return pods.map((pod): V1Pod => {
    const { metadata, spec } = pod;
    const size = groups.get(metadata?.namespace ?? "")?.length ?? 0;
    const annotations = { [placementGroupSizeAnnotation]: String(size), [placementAffinityAnnotation]: affinity };
    return {
      ...pod,
      metadata: {
        ...metadata,
        labels: { ...metadata?.labels, [placementGroupLabel]: "core" },
        annotations: { ...metadata?.annotations, ...annotations },
      },
      spec: { containers: [], ...spec, schedulingGates: [{ name: placementGate }] },
    };
  });
}
