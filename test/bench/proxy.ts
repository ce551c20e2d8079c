/**
 * What a byte through the proxy costs, against HAProxy and Envoy: CPU per request and latency at a fixed rate, and CPU per request as
 * fast as the machine can, for TCP, HTTP/1.1, h2c and unary gRPC, 1 kB each way on kept connections. All run at the same time as
 * programs of their own with one thread for the data, and are asked in turns, so that whatever disturbs the machine disturbs all.
 * Writes docs/benchmarks/proxy.md when it ran in full. `npm run bench:proxy [-- PROTOCOL...]`
 */
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { debianProgram } from "../tools/debian-package.ts";
import { BenchReport } from "./bench-report.ts";
import { findEnvoy, startEnvoy } from "./proxy/envoy.ts";
import { type Contender, type Measured, measureInTurns, startHelper, warmUpSeconds } from "./proxy/in-turns.ts";
import type { LoadRun } from "./proxy/load.ts";
import { type BenchProtocol, protocols } from "./proxy/messages.ts";
import { originHost, proxyHost, type Subject, type SubjectSpec, startHaproxy, startWeft } from "./proxy/subjects.ts";

const rounds = 5;
const warmUp: LoadRun = { rate: 5000, seconds: warmUpSeconds, connections: 32 };
const run: LoadRun = { rate: 5000, seconds: 5, connections: 32 };
/** All are due at once, so that every connection has one in flight all the time. */
const flood: LoadRun = { rate: 1_000_000, seconds: 0.1, connections: 32 };

const asked = process.argv.slice(2);
const unknown = asked.find((name) => !protocols.some((protocol) => protocol === name));
if (unknown !== undefined) throw new Error(`there is no protocol ${unknown}, only ${protocols.join(", ")}`);
const haproxy = await debianProgram({ package: "haproxy", program: "haproxy", how: "install" });
if (haproxy.kind === "unavailable") throw new Error(haproxy.reason);
const envoy = await findEnvoy();
const folder = mkdtempSync(path.join(os.tmpdir(), "weft-bench-"));
const report = new BenchReport();
const load = os.loadavg()[0]?.toFixed(1);
report.say(
  `${os.cpus()[0]?.model ?? "unknown CPU"}, ${os.cpus().length} cores, Node ${process.version}; load average before: ${load}`,
);
if (envoy.kind === "unavailable") report.say(`\nWithout Envoy: ${envoy.reason}`);
report.heading(
  `${run.rate} requests/s of 1 kB over ${run.connections} connections, median of ${rounds} rounds of ${run.seconds} s`,
  ["protocol", "proxy", "CPU per request", "Weft's CPU beside it", "p50", "p99"],
);
const floodRows: string[][] = [];
for (const [index, protocol] of protocols.entries())
  if (asked.length === 0 || asked.includes(protocol)) await compare(protocol, 18_000 + index * 10);
report.heading(
  `As fast as the machine can: ${flood.connections} requests of 1 kB in flight, median of ${rounds} rounds of ${flood.rate * flood.seconds}`,
  ["protocol", "proxy", "CPU per request", "Weft's CPU beside it"],
);
for (const row of floodRows) report.row(...row);
if (asked.length === 0) report.write("proxy", "The proxy beside its peers", ["By `npm run bench:proxy`."]);
rmSync(folder, { recursive: true });

async function compare(protocol: BenchProtocol, originPort: number): Promise<void> {
  const origin = await startHelper("origin", protocol, originHost, originPort);
  const spec = (at: number): SubjectSpec => ({ folder, protocol, originPort, port: originPort + at });
  const subjects = [startWeft(spec(1)), startHaproxy(haproxy.kind === "available" ? haproxy.path : "", spec(2))];
  if (envoy.kind === "available") subjects.push(startEnvoy(envoy.path, spec(3)));
  try {
    const contenders = subjects.map(contenderOf);
    const measured = await measureInTurns(contenders, { protocol, rounds, warmUp, run });
    const cells = (all: readonly Measured[], at: number) => cpuCells(protocol, subjects[at], all, at);
    for (const [at, { p50Us, p99Us }] of measured.entries())
      report.row(...cells(measured, at), ...[p50Us, p99Us].map((us) => `${us.toFixed(0)} us`));
    const flooded = await measureInTurns(contenders, { protocol, rounds, warmUp: flood, run: flood });
    for (const at of flooded.keys()) floodRows.push(cells(flooded, at));
  } finally {
    origin.disconnect();
    for (const subject of subjects) await subject.process.stop(0);
  }
}

function cpuCells(
  protocol: BenchProtocol,
  subject: Subject | undefined,
  measured: readonly Measured[],
  at: number,
): string[] {
  const [ownUs, cpuUs] = [measured[0]?.cpuUs ?? Number.NaN, measured[at]?.cpuUs ?? Number.NaN];
  return [protocol, subject?.name ?? "", `${cpuUs.toFixed(1)} us`, (ownUs / cpuUs).toFixed(2)];
}

function contenderOf({ name, port, process: one }: Subject): Contender {
  return { name, host: proxyHost, port, processes: [one] };
}
