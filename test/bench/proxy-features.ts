/**
 * What observing costs: CPU per request of two proxies, one behind the other, with nothing asked of them, and with a policy that judges each
 * request (each connection, but for HTTP/1.1), an access log of everything, a trace of 1 % and a scrape each second, one by one and all at once.
 * In turns, 1 kB each way on kept connections. `npm run bench:proxy-features [rounds] [seconds] [protocol] [feature]`
 */
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import type { AccessRule } from "../../core/model/mesh-snapshot.ts";
import type { ProxyConfigInput } from "../../mesh-proxy/proxy-config.ts";
import { startOtlpReceiver } from "../tools/otlp-receiver.ts";
import { figures, type Measured, measureInTurns, startHelper, warmUpSeconds } from "./proxy/in-turns.ts";
import type { BenchProtocol } from "./proxy/messages.ts";
import { type Pair, startPair } from "./proxy/weft-pair.ts";

const [rounds = 5, seconds = 5] = process.argv.slice(2, 4).map(Number);
const [only, feature] = process.argv.slice(4);
const protocols: readonly BenchProtocol[] = ["tcp", "http1", "h2c"];
const rate = 4000;
const connections = 32;
const appHost = "127.79.0.9";
const folder = mkdtempSync(path.join(os.tmpdir(), "weft-bench-"));
const collector = await startOtlpReceiver();

interface Features {
  readonly name: string;
  readonly config?: Partial<ProxyConfigInput>;
  readonly rules?: readonly AccessRule[];
  readonly isScraped?: boolean;
}

const rules: readonly AccessRule[] = [
  { policy: "bench/deny", name: "admin", action: "Deny", from: [], to: [{ paths: ["/admin*"] }] },
  {
    policy: "bench/allow",
    name: "smf",
    action: "Allow",
    from: [],
    to: [{ methods: ["POST"], paths: ["/nsmf-pdusession/*"] }],
  },
];
/** Connections have no methods and paths. */
const connectionRules: readonly AccessRule[] = [
  { policy: "bench/allow", name: "all", action: "Allow", from: [], to: [] },
];
const log = { accessLogFile: "set for each" };
const trace = { traceUrl: collector.url, traceShare: 0.01 };

const subjects = (protocol: BenchProtocol): readonly Features[] => {
  const policy = protocol === "http1" ? rules : connectionRules;
  return [
    { name: "bare" },
    { name: "policy", rules: policy },
    { name: "log", config: log },
    { name: "trace", config: trace },
    { name: "metrics", isScraped: true },
    { name: "all", config: { ...log, ...trace }, rules: policy, isScraped: true },
  ];
};

console.log(`${os.cpus()[0]?.model ?? "unknown CPU"}, ${os.cpus().length} cores, Node ${process.version}`);
console.log(`${rate} requests/s of 1 kB over ${connections} connections, median of ${rounds} rounds of ${seconds} s\n`);
const results: object[] = [];
for (const [index, protocol] of protocols.filter((one) => only === undefined || one === only).entries())
  results.push(await compare(protocol, 19_000 + index * 100));
console.log(
  JSON.stringify({ cpu: os.cpus()[0]?.model, cores: os.cpus().length, node: process.version, rate, rounds, results }),
);
collector.close();
rmSync(folder, { recursive: true });

async function compare(protocol: BenchProtocol, firstPort: number): Promise<object> {
  const origin = await startHelper("origin", protocol, appHost, firstPort, "bare");
  const compared = subjects(protocol).filter(({ name }) => feature === undefined || [feature, "bare"].includes(name));
  const pairs: Pair[] = [];
  for (const [at, { name, config = {}, rules: own = [] }] of compared.entries()) {
    const ports = { listenPort: firstPort + 1, meshPort: firstPort + 2, adminPort: firstPort + 3, appPort: firstPort };
    const spec = { name, folder, protocol, appHost, config, rules: own, subnet: `127.79.${at + 1}` };
    pairs.push(await startPair({ ...spec, ...ports }));
  }
  const scraped = pairs.filter((_, at) => compared[at]?.isScraped === true);
  const timer = setInterval(() => scrape(scraped), 1000);
  try {
    const warmUp = { rate, seconds: Math.min(warmUpSeconds, 3 * seconds), connections };
    const measured = await measureInTurns(pairs, { protocol, rounds, warmUp, run: { rate, seconds, connections } });
    return report(protocol, compared, measured);
  } finally {
    clearInterval(timer);
    origin.disconnect();
    for (const pair of pairs) await pair.stop();
  }
}

function scrape(pairs: readonly Pair[]): void {
  for (const url of pairs.flatMap(({ metricsUrls }) => metricsUrls))
    fetch(url)
      .then((answer) => answer.text())
      .catch(() => {});
}

function report(protocol: BenchProtocol, compared: readonly Features[], measured: readonly Measured[]): object {
  const [bare] = measured;
  const rows = compared.map(({ name }, at) => {
    const ratios = figures.map((figure) => {
      const [own, least] = [measured[at]?.[figure] ?? Number.NaN, bare?.[figure] ?? Number.NaN];
      return [figure, { own, ratio: Math.round((100 * own) / least) / 100 }] as const;
    });
    const text = ratios.map(
      ([figure, { own, ratio }]) => `${figure} ${own.toFixed(1).padStart(7)} x ${ratio.toFixed(2)}`,
    );
    console.log(`${protocol.padEnd(6)} ${name.padEnd(7)} ${text.join("   ")}`);
    return [name, Object.fromEntries(ratios)];
  });
  return { protocol, ...Object.fromEntries(rows) };
}
