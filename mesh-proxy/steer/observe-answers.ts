/** A connection whose requests are recorded while its answers go back by another way. */
import { attributeTo } from "../meter/connection-meter.ts";
import type { TrafficSeries } from "../meter/traffic-series.ts";
import type { ByteSocket } from "../relay/byte-socket.ts";

export interface AnswerObserver {
  seen(bytes: Buffer, from: number, to: number): void;
  ended(): void;
}

/** Counts the connection on the series, and shows what comes back on it. */
export function observeAnswers(series: TrafficSeries, socket: ByteSocket, { seen, ended }: AnswerObserver): void {
  series.openedCount++;
  attributeTo(series, socket, true);
  socket.observer = { read: seen, written() {}, ended, endWritten() {}, closed: () => series.closedCount++ };
}
