/** Nodes and their groups by number, so that arithmetic over many nodes runs on arrays. */
import { present } from "./invariant.ts";
import { groupOf, type Locality, type Place } from "./locality.ts";

/** The localities that divide a cluster into groups; at `other` all nodes are one. */
export const groupedLocalities = ["node", "rack", "zone", "region"] as const satisfies readonly Locality[];
export type GroupedLocality = (typeof groupedLocalities)[number];

/** The groups of all nodes at one locality. */
export interface Grouping {
  /** By node index, the number of its group: at least 0 and below `count`. */
  readonly groupOfNode: Int32Array;
  readonly count: number;
}

/**
 * An immutable set of nodes. Groups nest: a node whose label is unknown stays, at that locality, in its next smaller group,
 * which splits traffic exactly as a group of its own does. Building it costs O(nodes).
 */
export class Topology {
  readonly places: readonly Place[];
  /** By node index. */
  readonly names: readonly string[];
  readonly #indexes = new Map<string, number>();
  readonly #groupings: ReadonlyMap<Locality, Grouping>;

  /** @param places one for each node. */
  constructor(places: readonly Place[]) {
    this.places = places;
    this.names = places.map(({ node }) => node);
    for (const [index, { node }] of places.entries()) this.#indexes.set(node, index);
    this.#groupings = groupingsOf(places);
  }

  /** The node's index into `places`, or -1 for a node that is not here. */
  indexOf(node: string): number {
    return this.#indexes.get(node) ?? -1;
  }

  /** The same object for two localities that divide the nodes alike. */
  grouping(locality: GroupedLocality): Grouping {
    return present(this.#groupings.get(locality), "grouping");
  }

  /** Whether it was built from equal places in equal order. */
  isOf(places: readonly Place[]): boolean {
    return (
      places.length === this.places.length &&
      places.every((place, index) => {
        const mine = this.places[index];
        return (
          mine?.node === place.node &&
          mine.zone === place.zone &&
          mine.rack === place.rack &&
          mine.region === place.region
        );
      })
    );
  }
}

function groupingsOf(places: readonly Place[]): ReadonlyMap<Locality, Grouping> {
  const groupings = new Map<Locality, Grouping>();
  let names: readonly string[] = places.map((place) => groupOf(place, "node"));
  let grouping = numbered(names);
  for (const locality of groupedLocalities) {
    const smaller = names;
    names = places.map((place, index) => nestedGroup(place, locality, present(smaller[index], "smaller group")));
    if (names.some((name, index) => name !== smaller[index])) grouping = numbered(names);
    groupings.set(locality, grouping);
  }
  return groupings;
}

function nestedGroup(place: Place, locality: GroupedLocality, smaller: string): string {
  return locality !== "node" && place[locality] === undefined ? smaller : groupOf(place, locality);
}

function numbered(names: readonly string[]): Grouping {
  const numbers = new Map<string, number>();
  const groupOfNode = new Int32Array(names.length);
  for (const [index, name] of names.entries()) {
    const number = numbers.get(name) ?? numbers.size;
    numbers.set(name, number);
    groupOfNode[index] = number;
  }
  return { groupOfNode, count: numbers.size };
}
