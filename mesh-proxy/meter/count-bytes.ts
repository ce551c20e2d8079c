import type { ByteSocket } from "../relay/byte-socket.ts";
import { attributeTo } from "./connection-meter.ts";
import type { TrafficSeries } from "./traffic-series.ts";

/** Counts a connection between proxies in bytes alone, whatever it speaks. */
export function countBytes(series: TrafficSeries, socket: ByteSocket, isDialled: boolean): void {
  series.openedCount++;
  attributeTo(series, socket, isDialled);
  socket.observer = {
    read() {},
    written() {},
    ended() {},
    endWritten() {},
    closed: () => series.closedCount++,
  };
}
