/** The table of deaths. */
import type { BenchReport } from "../bench-report.ts";
import { type FailoverResult, type FailoverSpec, measureFailover } from "./failover.ts";
import type { OwnNetwork } from "./own-network.ts";

export interface FailoverOptions {
  readonly rounds: number;
  readonly seed: number;
  readonly network: OwnNetwork;
}

/** As proxies were before they watched hosts: nothing but time limits on connecting. */
const unwatched = { silenceTimeoutMs: 3_600_000, takenTimeoutMs: 2000 };

export async function reportFailover(
  report: BenchReport,
  { rounds, seed, network }: FailoverOptions,
  progress: (line: string) => void,
): Promise<void> {
  const cut = { death: "cut", seed } as const;
  const specs: readonly FailoverSpec[] = [
    { name: "killed", death: "killed", rounds, seed, watchMs: 2000, proxy: {} },
    { ...cut, name: "cut off", rounds, watchMs: 2000, proxy: {} },
    { ...cut, name: "cut off, hosts not watched", rounds: Math.ceil(rounds / 8), watchMs: 11_000, proxy: unwatched },
  ];
  report.heading(`An instance dies under load: ${rounds} rounds, seed ${seed}`, [
    "instance",
    "traffic",
    "flows on it",
    "p50",
    "p99",
    "longest",
    "lost in flight",
    "lost that were sent before its connection's end was known",
    "lost that were sent later",
    "lost on other instances",
    "requests",
  ]);
  for (const spec of specs) {
    if (spec.death === "cut" && network.reason !== undefined)
      report.say(`| ${spec.name} | cannot be had: ${network.reason} |`);
    else for (const result of await measureFailover(spec, progress)) report.row(spec.name, ...cells(result));
  }
}

function cells(result: FailoverResult): readonly string[] {
  const { kind, flows, p50Ms, p99Ms, maxMs, lostInFlight, lostUnaware, lostLater, lostElsewhere, requests } = result;
  const times = [p50Ms, p99Ms, maxMs].map((ms) => (Number.isFinite(ms) ? `${ms.toFixed(0)} ms` : "never"));
  return [
    kind,
    String(flows),
    ...times,
    ...[lostInFlight, lostUnaware, lostLater, lostElsewhere, requests].map(String),
  ];
}
