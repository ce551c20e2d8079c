/**
 * What connections cost a proxy in memory while they are idle: its resident set without any, with 1,000, and with 10,000 or as many as
 * open files allow, each after a kilobyte there and back. `npm run bench:proxy-memory [tcp|http1|h2c]`
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import os from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { waitUntil } from "../tools/wait-until.ts";
import { openFilesMax, residentMb } from "./proxy/memory-use.ts";
import { type BenchProtocol, messagesOf } from "./proxy/messages.ts";
import { originHost, proxyHost, startWeft } from "./proxy/subjects.ts";

const protocol = (process.argv[2] ?? "tcp") as BenchProtocol;
const originPort = 18_300;
const port = 18_301;
/** A connection is two sockets of the proxy. */
const connectionsMax = Math.min(10_000, Math.floor((openFilesMax() - 200) / 2));
const atOnce = 50;
/** Time for what was used while connections were opened to be given back. */
const restMs = 8000;

const folder = mkdtempSync(path.join(os.tmpdir(), "weft-bench-memory-"));
const origin = fork(path.join(import.meta.dirname, "proxy/origin.ts"), [protocol, originHost, String(originPort)]);
await once(origin, "message");
const subject = startWeft({ folder, protocol, port, originPort });
const sockets: Socket[] = [];
try {
  await waitUntil(() => isListening(), { what: "the proxy", timeoutMs: 20_000 });
  const measured: { readonly connections: number; readonly residentMb: number }[] = [];
  for (const count of [0, 1000, connectionsMax]) {
    await openUpTo(count);
    await delay(restMs);
    const mb = Math.round(10 * residentMb(subject.process.pid)) / 10;
    measured.push({ connections: count, residentMb: mb });
    console.log(`${protocol}: ${String(count).padStart(6)} connections  ${mb.toFixed(1)} MB`);
  }
  console.log(JSON.stringify({ node: process.version, protocol, measured }));
} finally {
  for (const socket of sockets) socket.destroy();
  await subject.process.stop(0);
  origin.disconnect();
  rmSync(folder, { recursive: true });
}

async function openUpTo(count: number): Promise<void> {
  while (sockets.length < count) {
    const missing = Math.min(atOnce, count - sockets.length);
    sockets.push(...(await Promise.all(Array.from({ length: missing }, () => open()))));
  }
}

/** Open, and idle after one request with its answer. */
async function open(): Promise<Socket> {
  const messages = messagesOf(protocol);
  const socket = connect({ host: proxyHost, port, noDelay: true });
  await once(socket, "connect");
  const answered = new Promise<void>((resolve, reject) => {
    const read = messages.reader(
      () => resolve(),
      (bytes) => socket.write(bytes),
    );
    socket.on("data", (bytes: Buffer) => read(bytes));
    socket.on("close", () => reject(new Error(`a connection was closed; ${subject.process.logTail()}`)));
  });
  // Thousands end with the bench.
  answered.catch(() => {});
  socket.write(messages.clientHello);
  socket.write(messages.request(1));
  await answered;
  return socket;
}

function isListening(): Promise<boolean> {
  const socket = connect({ host: proxyHost, port });
  return new Promise((resolve) => {
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
  }).finally(() => socket.destroy()) as Promise<boolean>;
}
