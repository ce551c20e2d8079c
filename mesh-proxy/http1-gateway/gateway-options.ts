import type { Http1Scanner } from "../codec/http1/http1-scanner.ts";
import type { FlowFacts } from "../observe/observation.ts";
import type { ByteSocket } from "../relay/byte-socket.ts";
import type { Leg } from "../steer/leg.ts";
import type { RequestRoute } from "../treat/request-route.ts";

export interface GatewayOptions {
  readonly downstream: ByteSocket;
  /** Called at each request's head, and with the same number again when it had to wait or is sent once more. */
  readonly route: (request: Http1Scanner, requestNumber: number) => RequestRoute;
  /**
   * Whether a request may be sent once more, on another leg, when its leg ends without a byte of response: the far side may
   * have closed it at that very moment. RFC 9110 section 9.2.2 allows it for idempotent requests, and for no others.
   */
  readonly repeats: boolean;
  /** Whether whoever sends the requests is a proxy that understands why one was refused. */
  readonly marksRefusals?: boolean;
  /** Of the connection, for whoever watches. */
  readonly facts: FlowFacts;
  /** The flow is over. */
  readonly onClosed: () => void;
}

/** Bytes of a read buffer. */
export interface Run {
  readonly bytes: Buffer;
  readonly from: number;
  readonly to: number;
}

export interface GatewayLeg extends Omit<Leg, "response"> {
  readonly key: string;
  /** Where answers come from now. */
  response: ByteSocket;
}
