/** What the head of an HTTP/1.1 request decides. */
import type { LimitAnswer } from "../guard/limit-answers.ts";
import type { HopSeries } from "../meter/hop-series.ts";
import type { RouteSeries } from "../meter/route-series-table.ts";
import type { TrafficSeries } from "../meter/traffic-series.ts";
import type { Leg, LegResult } from "./leg.ts";

export type RequestRoute =
  | RequestLegRoute
  /** Answered 403, unless `limit` says otherwise; the connection goes on. */
  | {
      readonly kind: "denied";
      readonly reason: string;
      readonly series?: TrafficSeries | undefined;
      readonly limit?: LimitAnswer | undefined;
    }
  | { readonly kind: "refused"; readonly statusCode: number; readonly code: string; readonly reason: string };

export interface RequestLegRoute {
  readonly kind: "leg";
  /** Legs with another key never carry this request. */
  readonly key: string;
  /** Whether an open leg of the same key may carry it. */
  readonly fits: (leg: Leg) => boolean;
  readonly open: () => Promise<LegResult>;
  /** Where the request is recorded, besides the leg's own series. */
  readonly series?: TrafficSeries | undefined;
  /** The hop of a path that the request came to. */
  readonly hop?: HopSeries | undefined;
  /** The HTTPRoute that sends it on. */
  readonly route?: RouteSeries | undefined;
}
