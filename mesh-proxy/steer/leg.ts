/** The far side of a flow: where its bytes go, and where the answer comes from. */
import type { WeightedEndpoint } from "../../core/model/mesh-snapshot.ts";
import type { ServicePathHeader } from "../../core/model/service-path-header.ts";
import type { LegRequests } from "../guard/leg-requests.ts";
import type { RequestProtocol } from "../meter/connection-meter.ts";
import type { FunctionTimer } from "../meter/function-timer.ts";
import type { RefusalReason } from "../meter/own-metrics.ts";
import type { TrafficSeries } from "../meter/traffic-series.ts";
import type { ByteSocket } from "../relay/byte-socket.ts";
import type { CopySink } from "../relay/copy-sink.ts";
import type { SocketGroup } from "../relay/socket-group.ts";
import type { AnswerHealth } from "./answer-health.ts";

export interface Leg {
  /** Takes the bytes towards the destination. */
  readonly request: ByteSocket;
  /** Gives the bytes that come back; the same socket unless a function stands between. */
  readonly response: ByteSocket;
  /** Set where answers come from one connection after the other: calls with each, from which `response` follows. */
  readonly followAnswers?: ((listen: (socket: ByteSocket) => void) => void) | undefined;
  readonly group: SocketGroup;
  readonly requestTap?: CopySink | undefined;
  readonly responseTap?: CopySink | undefined;
  /** Set when `request` is a connection to another proxy; absent for the application and a function. */
  readonly mesh?: LegMesh | undefined;
  /** The connection to the next proxy, whatever stands between; absent for the application. */
  readonly onward?: ByteSocket | undefined;
  /** To be told of each request that is handed to the function; absent where bytes are all that is seen. */
  readonly functionTimer?: FunctionTimer | undefined;
  /** To be put on every request that is written to `request`. */
  readonly servicePath?: ServicePathHeader | undefined;
  /** The pod that was dialled first; absent for the application. */
  readonly endpoint?: WeightedEndpoint | undefined;
  /** Counts the requests of HTTP/1.1 on it, where its Service has a traffic policy. */
  readonly requests?: LegRequests | undefined;
  /** Of that pod, where connections are passed on as they come. */
  readonly health?: AnswerHealth | undefined;
}

export interface LegMesh {
  readonly socket: ByteSocket;
  readonly seriesFor: (protocol: RequestProtocol) => TrafficSeries;
  /** With which other endpoints its speed can be compared. */
  readonly peers: string;
}

export type LegResult =
  | { readonly kind: "open"; readonly leg: Leg }
  | { readonly kind: "failed"; readonly by: RefusalReason; readonly reason: string };
