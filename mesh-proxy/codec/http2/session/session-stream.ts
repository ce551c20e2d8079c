/** One stream as one end of its connection sees it (RFC 9113 section 5.1). */
export class SessionStream<T> {
  readonly id: number;
  /** Whoever the stream's frames are for. */
  owner: T | undefined;
  /** Nothing more is sent, or comes. */
  isLocalEnded = false;
  isRemoteEnded = false;
  /** Ended both ways, or reset. */
  isClosed = false;
  /** The request or the final response came. */
  hasHead = false;
  interimCount = 0;
  sendWindow: number;
  receiveWindow: number;
  /** Drained and not given back to the peer yet. */
  credit = 0;
  /** What `content-length` still promises; -1 without one. */
  contentLeft = -1;
  /** On the wire, frame heads included. */
  sentBytes = 0;
  receivedBytes = 0;

  constructor(id: number, windows: { readonly send: number; readonly receive: number }) {
    this.id = id;
    this.sendWindow = windows.send;
    this.receiveWindow = windows.receive;
  }
}
