/**
 * What the kernel's help brings with plain TCP: latency beside no proxy at all and CPU per request at a fixed rate, and bulk on one
 * connection, beside the same proxy without it and beside HAProxy, which splices. `npm run bench:proxy-kernel [-- SECONDS]`
 */
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { debianProgram } from "../tools/debian-package.ts";
import { BenchReport } from "./bench-report.ts";
import { type Contender, measureInTurns, startHelper } from "./proxy/in-turns.ts";
import { measureBulk } from "./proxy/measure-bulk.ts";
import { originHost, proxyHost, type Subject, type SubjectSpec, startHaproxy, startWeft } from "./proxy/subjects.ts";

const rounds = 5;
const asked = process.argv[2];
const seconds = Number(asked ?? 5);
const rate = 5000;
const connections = 32;
const protocol = "tcp";

const haproxy = await debianProgram({ package: "haproxy", program: "haproxy", how: "install" });
if (haproxy.kind === "unavailable") throw new Error(haproxy.reason);
const folder = mkdtempSync(path.join(os.tmpdir(), "weft-bench-"));
const report = new BenchReport();
const load = os.loadavg()[0]?.toFixed(1);
report.say(
  `${os.cpus()[0]?.model ?? "unknown CPU"}, ${os.cpus().length} cores, Node ${process.version}; load average before: ${load}`,
);
await requests(18_300);
await bulk(18_310);
if (asked === undefined)
  report.write("proxy-kernel", "Plain TCP by the kernel", [
    "By `npm run bench:proxy-kernel`. CPU is the proxy's with that of the kernel's workers, which do most of what the kernel relays.",
  ]);
rmSync(folder, { recursive: true });

async function requests(originPort: number): Promise<void> {
  const [origin, bare] = [
    await startHelper("origin", protocol, originHost, originPort),
    await startHelper("origin", protocol, originHost, originPort + 1, "bare"),
  ];
  const subjects = startSubjects(originPort);
  const direct: Contender = { name: "no proxy", host: originHost, port: originPort + 1, processes: [] };
  const run = { rate, seconds, connections };
  report.heading(
    `${rate} requests/s of 1 kB over ${connections} connections, median of ${rounds} rounds of ${seconds} s`,
    ["proxy", "CPU per request", "p50", "p99", "added to p50", "added to p99"],
  );
  try {
    const contenders = [direct, ...subjects.map(contenderOf)];
    const turns = { protocol, rounds, warmUp: run, run, countsWorkers: true } as const;
    const measured = await measureInTurns(contenders, turns);
    const [least] = measured;
    for (const [at, { cpuUs, p50Us, p99Us }] of measured.entries()) {
      const times = [p50Us, p99Us, p50Us - (least?.p50Us ?? 0), p99Us - (least?.p99Us ?? 0)];
      report.row(contenders[at]?.name ?? "", `${cpuUs.toFixed(1)} us`, ...times.map((us) => `${us.toFixed(0)} us`));
    }
  } finally {
    for (const helper of [origin, bare]) helper.disconnect();
    for (const subject of subjects) await subject.process.stop(0);
  }
}

async function bulk(originPort: number): Promise<void> {
  const origin = await startHelper("bulk-origin", originHost, originPort);
  const subjects = startSubjects(originPort);
  report.heading(`Bulk: one connection, median of ${rounds} rounds of ${seconds} s`, ["proxy", "Gbit/s", "CPU s/GB"]);
  try {
    const measured = await measureBulk(subjects.map(contenderOf), { rounds, seconds });
    for (const [at, { gigabitsPerSecond, cpuSecondsPerGigabyte }] of measured.entries())
      report.row(subjects[at]?.name ?? "", gigabitsPerSecond.toFixed(2), cpuSecondsPerGigabyte.toFixed(2));
  } finally {
    origin.disconnect();
    for (const subject of subjects) await subject.process.stop(0);
  }
}

function startSubjects(originPort: number): readonly Subject[] {
  const spec = (at: number): SubjectSpec => ({ folder, protocol, originPort, port: originPort + at });
  return [
    { ...startWeft({ ...spec(2), kernelRelay: "required" }), name: "weft by the kernel" },
    { ...startWeft({ ...spec(3), kernelRelay: "off" }), name: "weft in user space" },
    startHaproxy(haproxy.kind === "available" ? haproxy.path : "", spec(4)),
  ];
}

function contenderOf({ name, port, process: one }: Subject): Contender {
  return { name, host: proxyHost, port, processes: [one] };
}
