/** The bounded set of hops that one proxy has seen traffic at. */
import type { MeshPeer } from "../../core/model/mesh-snapshot.ts";
import { HopSeries } from "./hop-series.ts";

export interface HopPlace {
  readonly chain: string;
  readonly spi: number;
  /** With which traffic arrives; `classifier` where it is put on the path. */
  readonly at: number | "classifier";
  /** Empty where there is none: at the classifier and at the destination. */
  readonly function: string;
}

export class HopTable {
  /** Hops that made room for newer ones. */
  droppedCount = 0;

  private readonly hopsMax: number;
  /** The one used longest ago first. */
  private readonly byKey = new Map<string, HopSeries>();

  constructor(hopsMax: number) {
    this.hopsMax = hopsMax;
  }

  /** Once per connection, not per byte. What open connections still add to a hop that was dropped is not shown. */
  hopFor(place: HopPlace, self: MeshPeer): HopSeries {
    const key = `${place.spi} ${place.at} ${place.function} ${place.chain}`;
    const series = this.byKey.get(key) ?? new HopSeries(labelsOf(place, self));
    this.byKey.delete(key);
    this.byKey.set(key, series);
    const [oldest] = this.byKey.keys();
    if (this.byKey.size > this.hopsMax && oldest !== undefined) {
      this.byKey.delete(oldest);
      this.droppedCount++;
    }
    return series;
  }

  all(): readonly HopSeries[] {
    return [...this.byKey.values()];
  }
}

/** A chain, its functions and its destination are all of one namespace, and so are its classifiers: the pod's own. */
function labelsOf({ chain, spi, at, function: name }: HopPlace, { pod, node }: MeshPeer) {
  const slash = pod.indexOf("/");
  return {
    weft_namespace: pod.slice(0, Math.max(0, slash)),
    weft_chain: chain,
    weft_spi: String(spi),
    weft_hop: String(at),
    weft_function: name,
    weft_pod: pod.slice(slash + 1),
    weft_node: node,
  };
}
