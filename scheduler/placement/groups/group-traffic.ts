/** What the workloads of a group exchange, for a plan. */
import type { PairTraffic } from "../../../core/model/placement.ts";
import type { FlowOrigin } from "../expected-flow.ts";
import type { TrafficByPeer } from "./group-plan.ts";

export interface TrafficNeighbour {
  /** Workload key. */
  readonly workload: string;
  readonly bytesPerSecond: number;
  readonly origin: FlowOrigin;
}

export interface GroupTraffic {
  /** Between two different workloads that both stand somewhere or are to be placed; by name, so that their order is always the same. */
  readonly pairs: readonly PairTraffic[];
  /** Everything that is known of the group's workloads, whoever their peers are. */
  readonly byPeer: TrafficByPeer;
  /** Workloads of the group in any of `pairs`: the others have nothing to be placed by. */
  readonly talking: ReadonlySet<string>;
}

export interface GroupTrafficInput {
  /** Workload keys. */
  readonly workloads: Iterable<string>;
  neighboursOf(workload: string): readonly TrafficNeighbour[];
  /** Whether any replica of a workload outside the group stands anywhere. */
  isStanding(workload: string): boolean;
}

/** Where two ends tell different things of one pair, measured bytes count before expected ones. */
export function groupTraffic({ workloads, neighboursOf, isStanding }: GroupTrafficInput): GroupTraffic {
  const members = new Set([...workloads].sort());
  const pairs = new Map<string, PairTraffic & { readonly origin: FlowOrigin }>();
  const byPeer = new Map<string, ReadonlyMap<string, number>>();
  for (const workload of members) {
    const neighbours = neighboursOf(workload);
    byPeer.set(workload, new Map(neighbours.map((neighbour) => [neighbour.workload, neighbour.bytesPerSecond])));
    for (const { workload: peer, bytesPerSecond, origin } of neighbours) {
      if (peer === workload || !(members.has(peer) || isStanding(peer))) continue;
      const [source = "", destination = ""] = [workload, peer].sort();
      const key = `${source} ${destination}`;
      const known = pairs.get(key);
      if (known && (known.origin === "measured" || origin !== "measured")) continue;
      pairs.set(key, { source, destination, bytesPerSecond, origin });
    }
  }
  const sorted = [...pairs].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, { origin, ...pair }]) => pair);
  const talking = new Set(sorted.flatMap(({ source, destination }) => [source, destination]));
  return { pairs: sorted, byPeer, talking: members.intersection(talking) };
}
