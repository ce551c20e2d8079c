import type { ResponseFlag } from "../observe/response-flag.ts";

/** What became of a request, as far as its endpoint is to blame; `abandoned`: the connection went first. */
export type RequestOutcome = "answered" | "refused" | "abandoned";

/** A protocol's view of a connection: fed with both directions, it records requests and knows how many are in flight. */
export interface Exchange {
  /** Bytes towards the destination. @returns why the protocol can no longer be followed, or "". */
  up(bytes: Buffer, from: number, to: number): string;
  /** Bytes back to the source. */
  down(bytes: Buffer, from: number, to: number): string;
  /** The destination sent its end of stream: a body may end with it. */
  downEnded(): void;
  /** The connection is gone; what is in flight was abandoned. @param flag who broke it */
  closed(flag: ResponseFlag): void;
  /** Requests without a complete response. */
  readonly pendingCount: number;
  /** To be put in behind what came back so far, to tell the client to send no more requests here; undefined when it cannot. */
  farewell(): Buffer | undefined;
  /**
   * `down` for bytes that are not passed on yet.
   * @returns where among them a line belongs that tells the client the same, or -1
   */
  downAhead(bytes: Buffer, from: number, to: number): number;
}
