/** A protocol's view of a connection: fed with both directions, it records requests and knows how many are in flight. */
export interface Exchange {
  /** Bytes towards the destination. @returns why the protocol can no longer be followed, or "". */
  up(bytes: Buffer, from: number, to: number): string;
  /** Bytes back to the source. */
  down(bytes: Buffer, from: number, to: number): string;
  /** The destination sent its end of stream: a body may end with it. */
  downEnded(): void;
  /** The connection is gone; what is in flight was abandoned. */
  closed(): void;
  /** Requests without a complete response; undefined when that cannot be known. */
  readonly pendingCount: number | undefined;
}
