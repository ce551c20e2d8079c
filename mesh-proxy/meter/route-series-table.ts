/** How the requests that HTTPRoutes sent on were answered, by route and backend: a bounded set. */
import { HttpHistograms, type RequestRecord, type RequestRecorder } from "./traffic-series.ts";

export interface RouteLabels {
  /** `namespace/name` of the HTTPRoute. */
  readonly weft_route: string;
  /** `namespace/name` of the Service. */
  readonly weft_backend: string;
  readonly weft_pod: string;
  readonly [label: string]: string;
}

export class RouteSeries implements RequestRecorder {
  readonly labels: RouteLabels;
  readonly requestsByStatus = new Map<number, number>();
  readonly http = new HttpHistograms();

  constructor(labels: RouteLabels) {
    this.labels = labels;
  }

  record({ statusCode, durationMs }: RequestRecord): void {
    this.requestsByStatus.set(statusCode, (this.requestsByStatus.get(statusCode) ?? 0) + 1);
    this.http.durationMs.observe(durationMs);
  }
}

export class RouteSeriesTable {
  /** Series that made room for newer ones. */
  droppedCount = 0;

  private readonly seriesMax: number;
  /** The one used longest ago first. */
  private readonly byKey = new Map<string, RouteSeries>();

  /** @param seriesMax 0 keeps none */
  constructor(seriesMax: number) {
    this.seriesMax = seriesMax;
  }

  /** The key is made anew: HTTP/1.1 asks once per connection and route, HTTP/2 for each request. */
  seriesFor(labels: RouteLabels): RouteSeries | undefined {
    if (this.seriesMax === 0) return undefined;
    const key = `${labels.weft_route} ${labels.weft_backend}`;
    const series = this.byKey.get(key) ?? new RouteSeries(labels);
    this.byKey.delete(key);
    this.byKey.set(key, series);
    const [oldest] = this.byKey.keys();
    if (this.byKey.size > this.seriesMax && oldest !== undefined) {
      this.byKey.delete(oldest);
      this.droppedCount++;
    }
    return series;
  }

  all(): readonly RouteSeries[] {
    return [...this.byKey.values()];
  }
}
