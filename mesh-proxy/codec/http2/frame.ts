/** HTTP/2 frames by number (RFC 9113 section 6), and what their head must satisfy. */

export const FRAME = {
  data: 0,
  headers: 1,
  priority: 2,
  rstStream: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

export const FLAG = { endStream: 0x1, ack: 0x1, endHeaders: 0x4, padded: 0x8, priority: 0x20 } as const;

export const FRAME_HEAD_BYTES = 9;
/** What every endpoint must accept, and the most it may be sent before it says otherwise (RFC 9113 section 4.2). */
export const FRAME_BYTES_MAX_FIRST = 16_384;
/** Entries of one SETTINGS frame that are accepted; endpoints send about five. */
export const SETTINGS_BYTES_MAX = 6 * 100;

/** @returns why a frame with this head is out of protocol, or "". */
export function problemOfFrame(type: number, flags: number, streamId: number, length: number): string {
  switch (type) {
    case FRAME.data:
    case FRAME.headers:
    case FRAME.continuation:
    case FRAME.pushPromise:
      return streamId === 0 ? `frame of type ${type} on stream 0` : "";
    case FRAME.priority:
      return onStream("PRIORITY", streamId) || ofLength("PRIORITY", length, 5);
    case FRAME.rstStream:
      return onStream("RST_STREAM", streamId) || ofLength("RST_STREAM", length, 4);
    case FRAME.settings:
      if (length > SETTINGS_BYTES_MAX)
        return `SETTINGS has ${length} bytes, at most ${SETTINGS_BYTES_MAX} are accepted`;
      if ((flags & FLAG.ack) !== 0 && length !== 0) return "SETTINGS with ACK has a payload";
      return onConnection("SETTINGS", streamId) || (length % 6 === 0 ? "" : "SETTINGS is no multiple of 6 bytes");
    case FRAME.ping:
      return onConnection("PING", streamId) || ofLength("PING", length, 8);
    case FRAME.goAway:
      return onConnection("GOAWAY", streamId) || (length >= 8 ? "" : "GOAWAY is shorter than 8 bytes");
    case FRAME.windowUpdate:
      return ofLength("WINDOW_UPDATE", length, 4);
    default:
      return "";
  }
}

function onStream(name: string, streamId: number): string {
  return streamId === 0 ? `${name} on stream 0` : "";
}

function onConnection(name: string, streamId: number): string {
  return streamId === 0 ? "" : `${name} on stream ${streamId}`;
}

function ofLength(name: string, length: number, expected: number): string {
  return length === expected ? "" : `${name} has ${length} bytes instead of ${expected}`;
}
