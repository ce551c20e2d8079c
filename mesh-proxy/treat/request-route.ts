/** What the head of an HTTP/1.1 request decides. */
import type { WeightedEndpoint } from "../../core/model/mesh-snapshot.ts";
import type { HopSeries } from "../meter/hop-series.ts";
import type { RouteSeries } from "../meter/route-series-table.ts";
import type { TrafficSeries } from "../meter/traffic-series.ts";
import type { RequestCopy } from "../relay/copy-sink.ts";
import type { OwnAnswer } from "../steer/error-answer.ts";
import type { Leg, LegResult } from "../steer/leg.ts";
import type { RequestSession } from "./request-session.ts";
import type { Treatment } from "./treatment.ts";

export type RequestRoute =
  | RequestLegRoute
  | AnsweredRequest
  | DelayedRequest
  | { readonly kind: "refused"; readonly statusCode: number; readonly code: string; readonly reason: string };

export interface RequestLegRoute {
  readonly kind: "leg";
  /** Legs with another key never carry this request. */
  readonly key: string;
  /** Whether an open leg of the same key may carry it. */
  readonly fits: (leg: Leg) => boolean;
  /** @param avoided endpoints, by key, that are chosen only when there is no other; @param preferred goes before those that are left */
  readonly open: (avoided?: ReadonlySet<string>, preferred?: WeightedEndpoint) => Promise<LegResult>;
  /** Where the request is recorded, besides the leg's own series. */
  readonly series?: TrafficSeries | undefined;
  /** The hop of a path that the request came to. */
  readonly hop?: HopSeries | undefined;
  /** What a route of the Gateway API has done to it. */
  readonly treatment?: Treatment | undefined;
  /** Of which its answer may have to tell. */
  readonly session?: RequestSession | undefined;
  /** Opens what takes a copy of the request; undefined where it is not to be copied. */
  readonly copy?: (() => RequestCopy | undefined) | undefined;
  /** The route that sends it on. */
  readonly route?: RouteSeries | undefined;
}

/** Answered by the proxy itself; the connection goes on. */
export interface AnsweredRequest {
  readonly kind: "answered";
  readonly answer: OwnAnswer;
  /** Where that is recorded. */
  readonly series?: TrafficSeries | undefined;
}

export interface DelayedRequest {
  readonly kind: "delayed";
  /** To be asked again after so long. */
  readonly ms: number;
}

/** What policies refuse. */
export function denied(reason: string, series: TrafficSeries): AnsweredRequest {
  return { kind: "answered", answer: { statusCode: 403, code: "access-denied", reason, mark: "denied" }, series };
}
