/** What {@link Http2Scanner.next} can say; numbers, because they are compared once per event on the hot path. */
export const HTTP2_EVENT = {
  /** Every byte was taken; come back with the next chunk. */
  needMore: 0,
  /** The client opened a stream: `streamId`, `slot`. */
  requestStarted: 1,
  /** Both sides finished the stream, or one reset it: `streamId`, `slot`, `bytesUp`, `bytesDown`, `wasReset`. */
  requestEnded: 2,
  /** This side takes no streams above `streamId`, for `errorCode`. */
  goAway: 3,
  /** Out of protocol or over a limit, for `reason`. The scanner stays in this state. */
  rejected: 6,
} as const;

export type Http2Event = (typeof HTTP2_EVENT)[keyof typeof HTTP2_EVENT];
