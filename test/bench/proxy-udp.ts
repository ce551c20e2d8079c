/**
 * What a datagram through the proxy costs, against nginx's stream module: datagrams of 200 bytes there and back per second of the relay's
 * CPU, with one and with eight of each client under way. Both run at the same time and are asked in turns by the same clients, at most so
 * many datagrams under way that none is lost; Weft adds the header between proxies, nginx nothing. `npm run bench:proxy-udp`
 */
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { PROXY_SIGNATURE } from "../../mesh-proxy/codec/proxy-protocol.ts";
import { cpuTimeMs } from "./proxy/cpu-time.ts";
import { unpackNginx } from "./proxy/nginx.ts";
import { originHost, proxyHost } from "./proxy/subjects.ts";
import { startNginx, startWeftForUdp, type UdpSubject } from "./proxy/udp-subjects.ts";

const rounds = 5;
const roundMs = 2000;
const clientCount = 32;
const byteCount = 200;
/** Datagrams of one client under way. */
const windows = [1, 8];
const originPort = 18_200;

const folder = mkdtempSync(path.join(os.tmpdir(), "weft-bench-udp-"));
const origin = await openOrigin();
const nginx = await unpackNginx(folder);
const subjects = [
  startWeftForUdp({ folder, port: 18_201, originPort }),
  startNginx(nginx, { folder, port: 18_202, originPort }),
];
try {
  for (const subject of subjects) await waitForAnswer(subject);
  console.log(`${os.cpus()[0]?.model ?? "unknown CPU"}, ${os.cpus().length} cores, Node ${process.version}`);
  for (const window of windows) await compare(window);
} finally {
  for (const { process: subject } of subjects) await subject.stop(0);
  origin.close();
  rmSync(folder, { recursive: true });
}

async function compare(window: number): Promise<void> {
  const perSecond = subjects.map((): number[] => []);
  for (let round = 0; round <= rounds; round++) {
    for (const index of round % 2 === 0 ? [0, 1] : [1, 0]) {
      const subject = subjects[index];
      const result = subject && (await measure(subject, window));
      // The first warms up.
      if (round > 0 && result !== undefined) perSecond[index]?.push(result);
    }
  }
  const [weft, other] = perSecond.map(median);
  const ratio = Math.round((100 * (weft ?? 0)) / (other ?? Number.NaN)) / 100;
  console.log(`${window} of each client under way, datagrams per CPU second: weft ${weft?.toFixed(0)}, nginx ${other?.toFixed(0)}, ratio ${ratio}`); // biome-ignore format: short
  const [ours, theirs] = perSecond;
  console.log(JSON.stringify({ byteCount, clientCount, window, rounds, roundMs, weft: ours, nginx: theirs, ratio }));
}

/** Gives back what came, as the proxy of a pod would where there is a header in front. */
async function openOrigin(): Promise<Socket> {
  const socket = createSocket({
    type: "udp4",
    recvBufferSize: 4 << 20,
    lookup: (host, _, done) => done(null, host, 4),
  });
  const direction = Buffer.from("e2000101", "hex");
  socket.on("message", (bytes, from) => {
    if (bytes.length < 28 || bytes.compare(PROXY_SIGNATURE, 0, 12, 0, 12) !== 0) {
      socket.send(bytes, from.port, from.address);
      return;
    }
    const header = Buffer.concat([bytes.subarray(0, 28), direction]);
    header.writeUInt16BE(16, 14);
    socket.send([header, bytes.subarray(28)], from.port, from.address);
  });
  await Promise.all([once(socket, "listening"), socket.bind(originPort, originHost)]);
  return socket;
}

function openClients(subject: UdpSubject): Promise<readonly Socket[]> {
  return Promise.all(Array.from({ length: clientCount }, () => openClient(subject)));
}

async function openClient({ port }: UdpSubject): Promise<Socket> {
  const socket = createSocket({ type: "udp4", lookup: (host, _, done) => done(null, host, 4) });
  // Until the relay listens, the kernel says that nobody does.
  socket.on("error", () => {});
  await Promise.all([once(socket, "listening"), socket.bind(0, proxyHost)]);
  await Promise.all([once(socket, "connect"), socket.connect(port, proxyHost)]);
  return socket;
}

/** Each client sends again when it has its answer. @returns datagrams, there and back, per CPU second of the relay */
async function measure(subject: UdpSubject, window: number): Promise<number> {
  const clients = await openClients(subject);
  const payload = Buffer.alloc(byteCount, 1);
  let answerCount = 0;
  let isOver = false;
  for (const client of clients) {
    client.on("message", () => {
      answerCount++;
      if (!isOver) client.send(payload);
    });
  }
  const beforeMs = cpuTimeMs(subject.process.pid);
  for (let sent = 0; sent < window; sent++) for (const client of clients) client.send(payload);
  await delay(roundMs);
  isOver = true;
  const cpuMs = cpuTimeMs(subject.process.pid) - beforeMs;
  await delay(50);
  for (const client of clients) client.close();
  return (2 * answerCount) / (cpuMs / 1000);
}

async function waitForAnswer(subject: UdpSubject): Promise<void> {
  const client = await openClient(subject);
  const answered = new Promise((resolve) => client.once("message", resolve));
  try {
    for (let attempt = 0; attempt < 100; attempt++) {
      client.send("hello");
      if ((await Promise.race([answered, delay(100)])) !== undefined) return;
      const reason = subject.process.ended();
      if (reason !== undefined) throw new Error(`${subject.name}: ${reason}`);
    }
  } finally {
    client.close();
  }
  throw new Error(`${subject.name} does not answer: ${subject.process.logTail()}`);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
