/**
 * What mutual TLS between two proxies costs, against HAProxy doing the same: CPU per request of both proxies together, and latency, at a
 * fixed rate, 1 kB each way on kept connections. Each pair also in plaintext. `npm run bench:proxy-tls`
 */
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { debianProgram } from "../tools/debian-package.ts";
import { createAuthority } from "../tools/workload-certificates.ts";
import { type HaproxyPair, startHaproxyPair } from "./proxy/haproxy-pair.ts";
import { figures, measureInTurns, startHelper, warmUpSeconds } from "./proxy/in-turns.ts";
import type { LoadRun } from "./proxy/load.ts";
import { type BenchProtocol, protocols } from "./proxy/messages.ts";
import { type Pair, startPair } from "./proxy/weft-pair.ts";

const appHost = "127.79.0.9";
const rounds = 5;
const rate = 4000;
const warmUp: LoadRun = { rate, seconds: warmUpSeconds, connections: 32 };
const run: LoadRun = { rate, seconds: 4, connections: 32 };

const haproxy = await debianProgram({ package: "haproxy", program: "haproxy", how: "install" });
if (haproxy.kind === "unavailable") throw new Error(haproxy.reason);
const program = haproxy.path;
const folder = mkdtempSync(path.join(os.tmpdir(), "weft-bench-"));
const authority = await createAuthority();
console.log(`${os.cpus()[0]?.model ?? "unknown CPU"}, ${os.cpus().length} cores, Node ${process.version}`);
console.log(
  `${rate} requests/s of 1 kB over ${run.connections} connections, through two proxies, median of ${rounds} rounds of ${run.seconds} s\n`,
);
const results: object[] = [];
for (const [index, protocol] of protocols.entries()) results.push(await compare(protocol, 18_300 + index * 20));
console.log(JSON.stringify({ cpu: os.cpus()[0]?.model, node: process.version, run, rounds, results }));
rmSync(folder, { recursive: true });

async function compare(protocol: BenchProtocol, appPort: number): Promise<object> {
  const origin = await startHelper("origin", protocol, appHost, appPort, "bare");
  const specOf = (who: string, at: number, isSecured: boolean) => ({
    name: `${who}-${protocol}-${isSecured ? "tls" : "plain"}`,
    ...{ folder, program, protocol, appPort, appHost, subnet: `127.79.${at}` },
    ...{ listenPort: appPort + 1, meshPort: appPort + 2, adminPort: appPort + 3 },
    authority: isSecured ? authority : undefined,
  });
  const weftSpec = (at: number, isSecured: boolean) => ({ ...specOf("weft", at, isSecured), config: {}, rules: [] });
  const pairs: (Pair | HaproxyPair)[] = [];
  try {
    pairs.push(await startPair(weftSpec(1, true)), await startHaproxyPair(specOf("haproxy", 2, true)));
    pairs.push(await startPair(weftSpec(3, false)), await startHaproxyPair(specOf("haproxy", 4, false)));
    const [weft, theirs, weftPlain, theirsPlain] = await measureInTurns(pairs, { protocol, rounds, warmUp, run });
    const row = (what: string, ours = Number.NaN, others = Number.NaN) => {
      const ratio = Math.round((100 * ours) / others) / 100;
      const numbers = `weft ${ours.toFixed(1).padStart(7)}  haproxy ${others.toFixed(1).padStart(7)}`;
      console.log(`${protocol.padEnd(6)} ${what.padEnd(14)} ${numbers}  ratio ${ratio.toFixed(2)}`);
      return [what, { weft: ours, haproxy: others, ratio }];
    };
    const rows = figures.flatMap((figure) => [
      row(`tls ${figure}`, weft?.[figure], theirs?.[figure]),
      row(`plain ${figure}`, weftPlain?.[figure], theirsPlain?.[figure]),
    ]);
    return { protocol, ...Object.fromEntries(rows) };
  } finally {
    origin.disconnect();
    for (const pair of pairs) await pair.stop();
  }
}
