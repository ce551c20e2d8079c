/** How each workload's traffic to each Service splits over nodes: computed when first asked for, then kept. */
import { balancedSplit, type PlacedShare, type SplitArc, sharesOf } from "../core/model/balanced-split.ts";
import type { Place } from "../core/model/locality.ts";
import type { Pod } from "../core/model/pod.ts";
import { type Service, selects, serviceKey } from "../core/model/service.ts";
import { type Workload, workloadKey } from "../core/model/workload.ts";
import { isLive, type MeshPod } from "./mesh-pods.ts";

export interface ServiceSplit {
  readonly sources: readonly PlacedShare[];
  readonly destinations: readonly PlacedShare[];
  readonly arcs: readonly SplitArc[];
}

export interface ServiceSplits {
  /** Live mesh pods that the Service selects, by name. */
  endpointPods(service: Service): readonly MeshPod[];
  /** Between the pod's workload and the Service's endpoint pods; the pod's node is among the sources. */
  between(pod: MeshPod, service: Service): ServiceSplit;
}

export interface SplitInputs {
  readonly pods: readonly Pod[];
  readonly meshPods: Iterable<MeshPod>;
  readonly placeOf: (node: string) => Place;
}

export function serviceSplits({ pods, meshPods, placeOf }: SplitInputs): ServiceSplits {
  const liveByNamespace = Map.groupBy([...meshPods].filter(isLive), (pod) => pod.namespace);
  const nodesByWorkload = standingNodes(pods);
  const selected = new Map<string, readonly MeshPod[]>();
  const splits = new Map<string, ServiceSplit>();

  function endpointPods(service: Service): readonly MeshPod[] {
    return computedOnce(selected, serviceKey(service), () =>
      (liveByNamespace.get(service.namespace) ?? []).filter((pod) => selects(service.selector, pod.labels)),
    );
  }

  function between(pod: MeshPod, service: Service): ServiceSplit {
    const standing = nodesByWorkload.get(splitKey(pod.workload)) ?? [];
    const isStanding = standing.includes(pod.node);
    const key = `${splitKey(pod.workload)} ${serviceKey(service)} ${isStanding ? "" : pod.node}`;
    return computedOnce(splits, key, () => {
      const sources = sharesOf((isStanding ? standing : [...standing, pod.node]).map(placeOf));
      const destinations = sharesOf(endpointPods(service).map(({ node }) => placeOf(node)));
      return { sources, destinations, arcs: balancedSplit(sources, destinations) };
    });
  }

  return { endpointPods, between };
}

/** One entry for each pod that stands: not ready ones too, or a starting pod would move the traffic of the others twice. */
function standingNodes(pods: readonly Pod[]): ReadonlyMap<string, readonly string[]> {
  const nodes = new Map<string, string[]>();
  for (const { node, workload, isTerminating, isFinished } of pods) {
    if (node === undefined || isTerminating || isFinished) continue;
    computedOnce(nodes, splitKey(workload), () => []).push(node);
  }
  return nodes;
}

function splitKey(workload: Workload): string {
  return `${workload.kind}/${workloadKey(workload)}`;
}

function computedOnce<V>(known: Map<string, V>, key: string, compute: () => V): V {
  const value = known.get(key) ?? compute();
  known.set(key, value);
  return value;
}
