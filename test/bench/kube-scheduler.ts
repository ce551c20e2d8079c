/**
 * The real kube-scheduler on the real API server, alone, with bare extenders and with Weft: how many pods a second it places, and
 * how good the places are for a burst of pods. Writes docs/benchmarks/kube-scheduler.md when both parts ran in full.
 * `npm run bench:kube-scheduler [-- throughput bursts --nodes 50 --pods 110 --rounds 1 --subjects zeros,weft --cpu-profiles FOLDER]`
 */
import os from "node:os";
import { parseArgs } from "node:util";
import { BenchReport } from "./bench-report.ts";
import { type BenchCluster, openBenchCluster } from "./kube-scheduler/bench-cluster.ts";
import { measureBursts } from "./kube-scheduler/placement-bursts.ts";
import { reportBursts } from "./kube-scheduler/report-bursts.ts";
import { reportThroughput } from "./kube-scheduler/report-throughput.ts";
import { measureThroughput } from "./kube-scheduler/throughput.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    nodes: { type: "string", default: "500" },
    pods: { type: "string", default: "1000" },
    "warm-up": { type: "string", default: "220" },
    rounds: { type: "string", default: "5" },
    concurrency: { type: "string", default: "32" },
    orders: { type: "string", default: "10" },
    subjects: { type: "string" },
    "cpu-profiles": { type: "string" },
  },
});
const throughput = {
  nodeCount: Number(values.nodes),
  podCount: Number(values.pods),
  warmUpCount: Number(values["warm-up"]),
  rounds: Number(values.rounds),
  concurrency: Number(values.concurrency),
  subjects: values.subjects?.split(","),
  profileFolder: values["cpu-profiles"],
};
const parts: Readonly<Record<string, (cluster: BenchCluster) => Promise<void>>> = {
  throughput: async (cluster) =>
    reportThroughput(report, await measureThroughput(cluster, throughput, progress), throughput),
  bursts: async (cluster) => reportBursts(report, await measureBursts(cluster, Number(values.orders), progress)),
};

const report = new BenchReport();
const startedMs = performance.now();
const load = os.loadavg()[0]?.toFixed(1);
report.say(
  `${os.cpus()[0]?.model ?? "unknown CPU"}, ${os.cpus().length} cores, Node ${process.version}; load average before: ${load}`,
);
const unknown = positionals.find((name) => !Object.hasOwn(parts, name));
if (unknown !== undefined) throw new Error(`there is no part ${unknown}, only ${Object.keys(parts).join(" and ")}`);
for (const [name, run] of Object.entries(parts))
  if (positionals.length === 0 || positionals.includes(name)) await apart(run);
const how = "By `npm run bench:kube-scheduler`; [how it is measured](../../test/bench/kube-scheduler/README.md).";
if (process.argv.length === 2) report.write("kube-scheduler", "The real kube-scheduler", [how]);

/** On a control plane of its own, whose logs stay where something fails. */
async function apart(run: (cluster: BenchCluster) => Promise<void>): Promise<void> {
  const cluster = await openBenchCluster(progress);
  try {
    await run(cluster);
  } finally {
    await cluster.stop();
  }
  cluster.removeFolder();
}

function progress(line: string): void {
  process.stderr.write(`[${((performance.now() - startedMs) / 1000).toFixed(0).padStart(4)} s] ${line}\n`);
}
