/**
 * What a byte through the proxy costs, against HAProxy: CPU per request and latency at a fixed rate, for TCP, HTTP/1.1 and
 * h2c, 1 kB each way on kept connections. Both run at the same time as programs of their own with one thread for the data,
 * and are asked in turns, so that whatever disturbs the machine disturbs both. `npm run bench:proxy`
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import os from "node:os";
import path from "node:path";
import { debianProgram } from "../tools/debian-package.ts";
import { waitUntil } from "../tools/wait-until.ts";
import { cpuTimeMs } from "./proxy/cpu-time.ts";
import type { LoadResult, LoadRun } from "./proxy/load.ts";
import { type BenchProtocol, protocols } from "./proxy/messages.ts";
import { originHost, proxyHost, type Subject, startHaproxy, startWeft } from "./proxy/subjects.ts";

const rounds = 5;
const warmUp: LoadRun = { rate: 8000, seconds: 3, connections: 32 };
const run: LoadRun = { rate: 8000, seconds: 5, connections: 32 };

interface Measured {
  readonly cpuUs: number;
  readonly p50Us: number;
  readonly p99Us: number;
}

const haproxy = await debianProgram({ package: "haproxy", program: "haproxy", how: "install" });
if (haproxy.kind === "unavailable") throw new Error(haproxy.reason);
const folder = mkdtempSync(path.join(os.tmpdir(), "weft-bench-"));
console.log(`${os.cpus()[0]?.model ?? "unknown CPU"}, ${os.cpus().length} cores, Node ${process.version}`);
console.log(
  `${run.rate} requests/s of 1 kB over ${run.connections} connections, median of ${rounds} rounds of ${run.seconds} s\n`,
);
const results: object[] = [];
for (const [index, protocol] of protocols.entries()) results.push(await compare(protocol, 18_000 + index * 10));
console.log(
  JSON.stringify({ cpu: os.cpus()[0]?.model, cores: os.cpus().length, node: process.version, run, rounds, results }),
);
rmSync(folder, { recursive: true });

async function compare(protocol: BenchProtocol, firstPort: number): Promise<object> {
  const originPort = firstPort;
  const origin = await startHelper("origin", protocol, originHost, originPort);
  const spec = { folder, protocol, originPort };
  const subjects = [
    startWeft({ ...spec, port: firstPort + 1 }),
    startHaproxy(haproxy.kind === "available" ? haproxy.path : "", { ...spec, port: firstPort + 2 }),
  ];
  const loads: ChildProcess[] = [];
  try {
    for (const subject of subjects) {
      await waitForListener(subject);
      loads.push(await startHelper("load", protocol, proxyHost, subject.port));
    }
    return report(protocol, await measureInTurns(subjects, loads));
  } finally {
    for (const helper of [origin, ...loads]) helper.disconnect();
    for (const subject of subjects) await subject.process.stop(0);
  }
}

async function measureInTurns(
  subjects: readonly Subject[],
  loads: readonly ChildProcess[],
): Promise<readonly Measured[][]> {
  const measured: Measured[][] = subjects.map(() => []);
  for (const load of loads) await ask(load, warmUp);
  for (let round = 0; round < rounds; round++) {
    // Whoever goes first may find the machine in another state: they take turns at that too.
    for (const index of round % 2 === 0 ? [0, 1] : [1, 0]) {
      const [subject, load] = [subjects[index], loads[index]];
      if (subject === undefined || load === undefined) continue;
      const beforeMs = cpuTimeMs(subject.process.pid);
      const { requestCount, p50Us, p99Us } = await ask(load, run);
      const cpuUs = ((cpuTimeMs(subject.process.pid) - beforeMs) * 1000) / requestCount;
      measured[index]?.push({ cpuUs, p50Us, p99Us });
    }
  }
  return measured;
}

function report(protocol: BenchProtocol, [weft = [], haproxy = []]: readonly Measured[][]): object {
  const keys = ["cpuUs", "p50Us", "p99Us"] as const;
  const rows = keys.map((key) => {
    const [ours, theirs] = [median(weft.map((one) => one[key])), median(haproxy.map((one) => one[key]))];
    const ratio = Math.round((100 * ours) / theirs) / 100;
    console.log(
      `${protocol.padEnd(6)} ${key.padEnd(6)} weft ${ours.toFixed(1).padStart(7)}  haproxy ${theirs.toFixed(1).padStart(7)}  ratio ${ratio.toFixed(2)}`,
    );
    return [key, { weft: ours, haproxy: theirs, ratio }];
  });
  return { protocol, ...Object.fromEntries(rows) };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

async function startHelper(name: "origin" | "load", ...args: readonly (string | number)[]): Promise<ChildProcess> {
  const helper = fork(path.join(import.meta.dirname, "proxy", `${name}.ts`), args.map(String));
  await once(helper, "message");
  return helper;
}

async function ask(load: ChildProcess, what: LoadRun): Promise<LoadResult> {
  load.send(what);
  const [result] = await Promise.race([
    once(load, "message"),
    once(load, "exit").then(() => {
      throw new Error("the load generator gave up");
    }),
  ]);
  return result as LoadResult;
}

async function waitForListener({ name, port, process: subject }: Subject): Promise<void> {
  const what = `${name} listens on ${proxyHost}:${port}`;
  const check = () =>
    new Promise<boolean>((resolve) => {
      const socket = connect({ host: proxyHost, port }, () => resolve(true));
      socket.on("error", () => resolve(false));
      socket.on("connect", () => socket.destroy());
    });
  await waitUntil(check, { what, timeoutMs: 20_000, giveUp: () => subject.ended() });
}
