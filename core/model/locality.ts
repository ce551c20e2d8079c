/** How near two nodes are to each other, and what a byte between them costs. */

/** Where a node stands. A missing label is unknown: it equals nothing, not even another missing one. */
export interface Place {
  readonly node: string;
  readonly rack?: string | undefined;
  readonly zone?: string | undefined;
  readonly region?: string | undefined;
}

/** From nearest to farthest. */
export const localities = ["node", "rack", "zone", "region", "other"] as const;
export type Locality = (typeof localities)[number];

/** Relative cost of a byte by locality; 0 on the node itself. */
export type LocalityCosts = Readonly<Record<Locality, number>>;

export const defaultLocalityCosts: LocalityCosts = { node: 0, rack: 1, zone: 2, region: 5, other: 10 };

/** One-way latency between two nodes by the nearest locality they share, in ms. */
export type LocalityLatencies = Readonly<Record<Exclude<Locality, "node">, number>>;

export const topologyLabels = {
  rack: "topology.weft.dev/rack",
  zone: "topology.kubernetes.io/zone",
  region: "topology.kubernetes.io/region",
} as const;

/** The place that a node's topology labels declare. */
export function placeOf(node: string, labels: Readonly<Record<string, string>>): Place {
  return {
    node,
    rack: labels[topologyLabels.rack],
    zone: labels[topologyLabels.zone],
    region: labels[topologyLabels.region],
  };
}

/**
 * The name of the group a place belongs to at one locality, such that two places share the group exactly when they are at
 * least that near. A rack's name counts within its zone, a zone's within its region; an unknown label puts the place alone.
 */
export function groupOf(place: Place, locality: Locality): string {
  switch (locality) {
    case "node":
      return `node/${place.node}`;
    case "rack":
      return place.rack === undefined ? alone(place) : `rack/${place.region ?? ""}/${place.zone ?? ""}/${place.rack}`;
    case "zone":
      return place.zone === undefined ? alone(place) : `zone/${place.region ?? ""}/${place.zone}`;
    case "region":
      return place.region === undefined ? alone(place) : `region/${place.region}`;
    case "other":
      return "other";
  }
}

/** The nearest locality that two places share. */
export function localityBetween(a: Place, b: Place): Locality {
  return localities.find((locality) => groupOf(a, locality) === groupOf(b, locality)) ?? "other";
}

function alone(place: Place): string {
  return `node/${place.node}`;
}
