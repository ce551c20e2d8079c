/**
 * What a byte through the proxy costs, against HAProxy: CPU per request and latency at a fixed rate, for TCP, HTTP/1.1 and
 * h2c, 1 kB each way on kept connections. Both run at the same time as programs of their own with one thread for the data,
 * and are asked in turns, so that whatever disturbs the machine disturbs both. `npm run bench:proxy`
 */
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { debianProgram } from "../tools/debian-package.ts";
import { type Contender, figures, type Measured, measureInTurns, startHelper } from "./proxy/in-turns.ts";
import type { LoadRun } from "./proxy/load.ts";
import { type BenchProtocol, protocols } from "./proxy/messages.ts";
import { originHost, proxyHost, type Subject, startHaproxy, startWeft } from "./proxy/subjects.ts";

const rounds = 5;
const warmUp: LoadRun = { rate: 8000, seconds: 3, connections: 32 };
const run: LoadRun = { rate: 8000, seconds: 5, connections: 32 };

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
  try {
    return report(protocol, await measureInTurns(subjects.map(contenderOf), { protocol, rounds, warmUp, run }));
  } finally {
    origin.disconnect();
    for (const subject of subjects) await subject.process.stop(0);
  }
}

function contenderOf({ name, port, process: one }: Subject): Contender {
  return { name, host: proxyHost, port, processes: [one] };
}

function report(protocol: BenchProtocol, [weft, haproxy]: readonly Measured[]): object {
  const rows = figures.map((figure) => {
    const [ours, theirs] = [weft?.[figure] ?? Number.NaN, haproxy?.[figure] ?? Number.NaN];
    const ratio = Math.round((100 * ours) / theirs) / 100;
    console.log(
      `${protocol.padEnd(6)} ${figure.padEnd(6)} weft ${ours.toFixed(1).padStart(7)}  haproxy ${theirs.toFixed(1).padStart(7)}  ratio ${ratio.toFixed(2)}`,
    );
    return [figure, { weft: ours, haproxy: theirs, ratio }];
  });
  return { protocol, ...Object.fromEntries(rows) };
}
