import type { HeaderFields } from "../codec/http2/header-fields.ts";
import type { SessionStream } from "../codec/http2/session/session-stream.ts";
import type { HopSeries } from "../meter/hop-series.ts";
import type { RouteSeries } from "../meter/route-series-table.ts";
import type { OwnAnswer } from "../steer/error-answer.ts";
import type { UpstreamConnection } from "./upstream-connection.ts";

/** Whose a stream is: a request that is passed on, or a copy of one. */
export interface StreamOwner {
  /** Endpoints that had their chance, by key. */
  readonly tried: Set<string>;
  /** Whether nobody has been asked to find it a connection yet; undefined of what no limit of requests is for. */
  readonly isNew?: boolean;
  readonly isOver: boolean;
  /** Whether it has been answered as far as its endpoint's health goes. */
  readonly isAnswered: boolean;
  /** Whether endpoints may have it that have had it, when there is no other. */
  readonly mayTryAgain: boolean;
  /** Where it is put on a path. */
  hop: HopSeries | undefined;
  /** The route that sends it on. */
  route: RouteSeries | undefined;
  /** @returns false when the connection takes no more streams. */
  attach(connection: UpstreamConnection): boolean;
  /** In the proxy's own words; then the request is over. */
  answer(answer: OwnAnswer): void;

  requestData(bytes: Buffer, from: number, to: number, isEnd: boolean): void;
  requestTrailers(fields: HeaderFields): void;
  /** The client broke off, or is gone. */
  abandoned(code: number): void;

  response(stream: SessionStream<StreamOwner>, fields: HeaderFields, isEnd: boolean, isInterim: boolean): void;
  responseData(bytes: Buffer, from: number, to: number, isEnd: boolean): void;
  responseTrailers(fields: HeaderFields): void;
  /** The upstream's stream is gone. `isOwn`: because what came on it was malformed. */
  upstreamReset(code: number, isOwn: boolean): void;
  /** The upstream's connection is gone. `isUntouched`: it said before that it had not begun with this one. */
  upstreamBroke(isUntouched: boolean, reason: string): void;
}
