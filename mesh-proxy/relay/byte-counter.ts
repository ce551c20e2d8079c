/** A plain number that sockets add to and scrapes read. */
export interface ByteCounter {
  bytes: number;
}

/** Sees what passes a socket, and changes nothing. */
export interface ByteObserver {
  read(bytes: Buffer, from: number, to: number): void;
  written(bytes: Buffer, from: number, to: number): void;
  /** The peer sent its end of stream. */
  ended(): void;
  /** The end of stream is sent, behind all that was written. */
  endWritten(): void;
  /** The socket is gone. */
  closed(): void;
}
