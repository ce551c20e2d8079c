/**
 * Sends requests at a fixed rate over kept connections, one in flight on each: `load.ts PROTOCOL HOST PORT`. Each message
 * `{rate, seconds, connections}` is one run, answered with `{requestCount, p50Us, p99Us}`. A request that finds no
 * connection free waits, and its latency counts from when it was due.
 */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { performance } from "node:perf_hooks";
import { LatencyHistogram } from "../../../core/stats/latency-histogram.ts";
import { type BenchProtocol, messagesOf } from "./messages.ts";

export interface LoadRun {
  readonly rate: number;
  readonly seconds: number;
  readonly connections: number;
}

export interface LoadResult {
  readonly requestCount: number;
  readonly p50Us: number;
  readonly p99Us: number;
}

interface Connection {
  readonly socket: Socket;
  sequence: number;
  dueMs: number;
}

const [protocol, host, port] = process.argv.slice(2);
const messages = messagesOf(protocol as BenchProtocol);
const connections: Connection[] = [];
const free: Connection[] = [];
const waitingSinceMs: number[] = [];
const latenciesMs = new LatencyHistogram();

process.on("message", (run: LoadRun) => {
  measure(run).then((result) => process.send?.(result));
});
process.on("disconnect", () => process.exit(0));
process.send?.("ready");

async function measure({ rate, seconds, connections: wanted }: LoadRun): Promise<LoadResult> {
  while (connections.length < wanted) await open();
  latenciesMs.reset();
  const startMs = performance.now();
  const total = rate * seconds;
  let dueCount = 0;
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const nowMs = performance.now();
      const dueNow = Math.min(total, Math.floor(((nowMs - startMs) * rate) / 1000));
      for (; dueCount < dueNow; dueCount++) waitingSinceMs.push(nowMs);
      sendWaiting();
      if (dueCount < total || latenciesMs.count < total) return;
      clearInterval(timer);
      resolve();
    }, 1);
  });
  const at = (share: number) => Math.round(latenciesMs.quantileMs(share) * 1000);
  return { requestCount: latenciesMs.count, p50Us: at(0.5), p99Us: at(0.99) };
}

function sendWaiting(): void {
  while (waitingSinceMs.length > 0) {
    const connection = free.pop();
    if (connection === undefined) return;
    connection.dueMs = waitingSinceMs.shift() ?? 0;
    connection.socket.write(messages.request(connection.sequence++));
  }
}

async function open(): Promise<void> {
  const socket = connect({ host: host ?? "", port: Number(port), noDelay: true });
  const connection: Connection = { socket, sequence: 0, dueMs: 0 };
  const read = messages.reader(
    () => {
      latenciesMs.record(performance.now() - connection.dueMs);
      free.push(connection);
      sendWaiting();
    },
    (bytes) => socket.write(bytes),
  );
  socket.on("data", read);
  socket.on("close", () => {
    process.stderr.write("a connection was closed on the load generator\n");
    process.exit(1);
  });
  await once(socket, "connect");
  socket.write(messages.clientHello);
  connections.push(connection);
  free.push(connection);
}
