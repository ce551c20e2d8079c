/** The arithmetic of an emulated link: when bytes that enter now come out at the other end. */

/** One direction of a node's link to the network; everything that passes it in that direction queues behind each other. */
export interface LinkEnd {
  readonly bytesPerSecond: number;
  /** When the last byte that entered will have passed, in ms. */
  busyUntilMs: number;
  bytes: number;
}

export function linkEnd(bytesPerSecond: number): LinkEnd {
  return { bytesPerSecond, busyUntilMs: 0, bytes: 0 };
}

/** Sends bytes through both ends and the latency between them; answers when the last of them arrives, in ms. */
export function arrivalMs(ends: readonly LinkEnd[], latencyMs: number, bytes: number, nowMs: number): number {
  let atMs = nowMs;
  for (const end of ends) {
    atMs = Math.max(atMs, end.busyUntilMs) + (bytes / end.bytesPerSecond) * 1000;
    end.busyUntilMs = atMs;
    end.bytes += bytes;
  }
  return atMs + latencyMs;
}
