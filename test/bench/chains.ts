/**
 * Chains under load through real proxies, each pod a program of its own: what happens to flows when an instance dies, and when
 * paths change version. Writes docs/benchmarks/chains.md when every part ran in full.
 * `npm run bench:chains [-- failover versions --rounds 2 --chains 100 --seconds 3 --seed 1]`
 */
import os from "node:os";
import { parseArgs } from "node:util";
import { BenchReport } from "./bench-report.ts";
import { enterOwnNetwork } from "./chains/own-network.ts";
import { reportFailover } from "./chains/report-failover.ts";
import { reportVersions } from "./chains/report-versions.ts";

const network = enterOwnNetwork();
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string", default: "8" },
    seed: { type: "string", default: "1" },
    chains: { type: "string", default: "1000" },
    seconds: { type: "string", default: "8" },
  },
});
const startedMs = performance.now();
const report = new BenchReport();
const parts: Readonly<Record<string, () => Promise<void>>> = {
  failover: () =>
    reportFailover(report, { rounds: Number(values.rounds), seed: Number(values.seed), network }, progress),
  versions: () => reportVersions(report, { chains: Number(values.chains), seconds: Number(values.seconds) }, progress),
};
const unknown = positionals.find((name) => !Object.hasOwn(parts, name));
if (unknown !== undefined) throw new Error(`there is no part ${unknown}, only ${Object.keys(parts).join(" and ")}`);
const load = os.loadavg()[0]?.toFixed(1);
report.say(
  `${os.cpus()[0]?.model ?? "unknown CPU"}, ${os.cpus().length} cores, Node ${process.version}; load average before: ${load}`,
);
for (const [name, run] of Object.entries(parts))
  if (positionals.length === 0 || positionals.includes(name)) await run();
const how = "By `npm run bench:chains`; [how it is measured](../../test/bench/chains/README.md).";
if (process.argv.length === 2 && network.reason === undefined) report.write("chains", "Chains under load", [how]);

function progress(line: string): void {
  process.stderr.write(`[${((performance.now() - startedMs) / 1000).toFixed(0).padStart(4)} s] ${line}\n`);
}
