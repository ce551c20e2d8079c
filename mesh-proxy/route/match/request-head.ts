/** The head of an HTTP/1.1 request as its scanner has just found it. */
import type { Buffer } from "node:buffer";

export interface RequestHead {
  readonly bytes: Buffer;
  /** Where the head begins and ends in `bytes`; the offsets in `head` count from its beginning. */
  readonly from: number;
  readonly headByteCount: number;
  readonly head: {
    readonly targetStart: number;
    readonly targetEnd: number;
    /** Where the first header line begins. */
    readonly insertAt: number;
    /** -1 without `Host`. */
    readonly fields: { readonly hostStart: number; readonly hostEnd: number };
  };
}
