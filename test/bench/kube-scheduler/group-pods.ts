/** Pods as Weft plans them together behind its gate: each namespace's are one group, which says how many it has. */
import type { V1Pod } from "@kubernetes/client-node";

const groupLabel = "weft.dev/placement-group";
const sizeAnnotation = "weft.dev/placement-group-size";
const affinityAnnotation = "weft.dev/placement-affinity";
const gate = "weft.dev/placement";

export function gatedGroups(pods: readonly V1Pod[], affinity: "preferred" | "required"): readonly V1Pod[] {
  const groups = Map.groupBy(pods, ({ metadata }) => metadata?.namespace ?? "");
  return pods.map((pod): V1Pod => {
    const { metadata, spec } = pod;
    const size = groups.get(metadata?.namespace ?? "")?.length ?? 0;
    const annotations = { [sizeAnnotation]: String(size), [affinityAnnotation]: affinity };
    return {
      ...pod,
      metadata: {
        ...metadata,
        labels: { ...metadata?.labels, [groupLabel]: "core" },
        annotations: { ...metadata?.annotations, ...annotations },
      },
      spec: { containers: [], ...spec, schedulingGates: [{ name: gate }] },
    };
  });
}
