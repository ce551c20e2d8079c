/** What {@link Http1Scanner.next} can say; numbers, because they are compared once per event on the hot path. */
export const HTTP1_EVENT = {
  /** Every byte was taken; come back with the next chunk. */
  needMore: 0,
  /** A head is complete: `bytes[from, to)`, described by `head`. */
  head: 1,
  /** A piece of body, framing included, to pass on as it is: `bytes[from, to)`. */
  body: 2,
  /** The message is over: `headByteCount` and `bodyByteCount` are its size. */
  end: 3,
  /** The connection is no longer HTTP: `bytes[from, to)` and all that follows is opaque. */
  tunnel: 4,
  /** Bytes from `offset` on wait for a response (a pending upgrade, or too many requests in flight). Offer them again after one. */
  held: 5,
  /** Out of protocol, for `reason`; nothing from `offset` on was judged. The scanner stays in this state. */
  rejected: 6,
} as const;

export type Http1Event = (typeof HTTP1_EVENT)[keyof typeof HTTP1_EVENT];
