/** The nodes of a cluster as a network: a tree of racks, zones and regions, with the declared capacity at each node's own link. */
import type { ClusterNode } from "../../core/model/cluster-node.ts";
import {
  groupOf,
  type Locality,
  type LocalityLatencies,
  localities,
  type Place,
  placeOf,
} from "../../core/model/locality.ts";
import type { NetworkLink } from "../../core/model/split-network.ts";
import type { GroupLatencies } from "./measured/measured-latencies.ts";

export interface ClusterUnderlay {
  readonly nodes: readonly string[];
  readonly links: readonly NetworkLink[];
}

export interface UnderlayLatencies {
  /** Each more than the one before. */
  readonly localityLatencyMs: LocalityLatencies;
  /** Of the groups of which something is measured; it goes before. */
  readonly measuredLatencies: GroupLatencies;
}

/** Latency between two nodes is that of the smallest group that holds both. Node names keep; groups get names of their own. */
export function clusterUnderlay(
  names: readonly string[],
  nodes: readonly ClusterNode[],
  latencies: UnderlayLatencies,
): ClusterUnderlay {
  const known = new Map(nodes.map((node) => [node.name, node]));
  const links = new Map<string, NetworkLink>();
  for (const name of new Set(names)) {
    const node = known.get(name);
    const way = wayUp(node?.place ?? placeOf(name, {}));
    for (const [index, step] of way.entries()) {
      const below = way[index - 1];
      if (!below) continue;
      const capacity = index === 1 ? (node?.linkBytesPerSecond ?? Infinity) : Infinity;
      const latencyMs = Math.max(LATENCY_MS_MIN, (widthOf(step, latencies) - widthOf(below, latencies)) / 2);
      addBoth(links, { from: below.vertex, to: step.vertex, capacity, latencyMs });
    }
  }
  const vertices = new Set([...links.values()].map(({ from }) => from));
  return { nodes: [...new Set([...names, ...vertices])], links: [...links.values()] };
}

/** Of two groups that are measured to be equally wide. Shortest paths need that every link takes some time. */
const LATENCY_MS_MIN = 1e-6;

interface Step {
  readonly vertex: string;
  readonly locality: Locality;
}

/** From the node to the top, past levels at which nobody knows where it stands. */
function wayUp(place: Place): readonly Step[] {
  const alone = groupOf(place, "node");
  const groups = localities.map((locality) => ({ vertex: groupOf(place, locality), locality }));
  const known = groups.filter(({ vertex, locality }) => locality !== "node" && vertex !== alone);
  return [{ vertex: place.node, locality: "node" }, ...known];
}

function widthOf({ vertex, locality }: Step, { localityLatencyMs, measuredLatencies }: UnderlayLatencies): number {
  return locality === "node" ? 0 : (measuredLatencies.get(vertex) ?? localityLatencyMs[locality]);
}

function addBoth(links: Map<string, NetworkLink>, link: NetworkLink): void {
  links.set(JSON.stringify([link.from, link.to]), link);
  links.set(JSON.stringify([link.to, link.from]), { ...link, from: link.to, to: link.from });
}
