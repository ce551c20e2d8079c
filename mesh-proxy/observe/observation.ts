/** What is known of a request, a connection or a UDP session while it goes on, and once it is over. */

import type { Buffer } from "node:buffer";
import { isFailedGrpcStatus } from "../codec/grpc-status.ts";
import type { SocketEndpoint } from "../codec/proxy-protocol.ts";
import type { RequestProtocol } from "../meter/connection-meter.ts";
import type { TrafficLabels } from "../meter/traffic-series.ts";
import type { RuleName } from "../route/access/compile-access.ts";
import type { RequestText } from "./request-text.ts";
import type { ResponseFlag } from "./response-flag.ts";
import type { OpenSpan } from "./tracer.ts";

export type ObservedProtocol = "HTTP/1.1" | "HTTP/2" | "TCP" | "UDP";

/** What all requests of a connection have in common. */
export interface FlowFacts {
  /** The pod's own application, or another proxy. */
  readonly side: "source" | "destination";
  /** As first seen. */
  readonly client: SocketEndpoint | undefined;
  /** As the access log says them, once it has. */
  said?: SaidFacts | undefined;
  /** The SPIFFE id of the proxy that dialled. */
  readonly identity?: string | undefined;
  /** The traffic as far as it is known before there is an endpoint. */
  readonly labels: (protocol: RequestProtocol) => TrafficLabels;
  /** What the policies said last. */
  policy?: PolicyDecision | undefined;
  /** Where it goes from here: `address:port`. */
  upstream?: string | undefined;
  /** Of the hop that it came to; "" off paths and at their ends. */
  function?: string | undefined;
  /** The HTTPRoute that sent the request on. */
  route?: string | undefined;
}

/** Part of a line, and what it was made of that may change. */
export interface SaidFacts extends Pick<FlowFacts, "upstream" | "route" | "function"> {
  readonly bytes: Buffer;
}

export interface PolicyDecision {
  readonly isAllowed: boolean;
  /** Undefined where no rule decided. */
  readonly by: RuleName | undefined;
}

/** One that somebody wants to know of. */
export interface Observation {
  readonly protocol: ObservedProtocol;
  readonly facts: FlowFacts;
  readonly startMs: number;
  /** Undefined for connections and sessions. */
  readonly text: RequestText | undefined;
  readonly traceId: string | undefined;
  readonly span: OpenSpan | undefined;
  /** The access log takes it, whatever becomes of it. */
  readonly isLogged: boolean;
  /** Of the request on its connection, in HTTP/1.1. */
  readonly sequence: number;
  /** Of the request; see `FlowFacts`. */
  policy: PolicyDecision | undefined;
  /** Why the proxy answered it itself; "" where it did not. */
  details: string;
  flag: ResponseFlag;
}

/** Something that is over. */
export interface Observed {
  readonly observation: Observation;
  readonly labels: TrafficLabels;
  /** 0 without a response, and for what is no HTTP. */
  readonly statusCode: number;
  /** -1 for anything but gRPC. */
  readonly grpcStatus: number;
  readonly durationMs: number;
  /** Towards the destination. */
  readonly requestBytes: number;
  readonly responseBytes: number;
}

export function isError({ observation, statusCode, grpcStatus }: Observed): boolean {
  const { flag, details } = observation;
  return flag !== "" || details !== "" || statusCode >= 500 || isFailedGrpcStatus(grpcStatus);
}
