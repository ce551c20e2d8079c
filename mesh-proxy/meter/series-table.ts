/** The bounded set of traffic series of one proxy. */
import { type TrafficLabels, TrafficSeries, trafficLabelNames } from "./traffic-series.ts";

export class SeriesTable {
  /** Connections that found no room for a series of their own; their bytes are on `overflow`. */
  overflowCount = 0;
  readonly overflow: TrafficSeries;

  private readonly seriesMax: number;
  private readonly byKey = new Map<string, TrafficSeries>();

  constructor(seriesMax: number) {
    this.seriesMax = seriesMax;
    const labels = Object.fromEntries(trafficLabelNames.map((name) => [name, "unknown"])) as unknown as TrafficLabels;
    this.overflow = new TrafficSeries(labels);
  }

  /** Once per connection, not per byte. Makes room by dropping series that no open connection adds to. */
  seriesFor(labels: TrafficLabels): TrafficSeries {
    const key = trafficLabelNames.map((name) => labels[name]).join("\n");
    const known = this.byKey.get(key);
    if (known !== undefined) return known;
    if (this.byKey.size >= this.seriesMax && !this.dropUnused()) {
      this.overflowCount++;
      return this.overflow;
    }
    const series = new TrafficSeries(labels);
    this.byKey.set(key, series);
    return series;
  }

  all(): readonly TrafficSeries[] {
    return [...this.byKey.values()];
  }

  private dropUnused(): boolean {
    for (const [key, series] of this.byKey) {
      if (series.isInUse) continue;
      this.byKey.delete(key);
      return true;
    }
    return false;
  }
}
