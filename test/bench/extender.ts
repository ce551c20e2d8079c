/**
 * What the extender costs besides carrying the payload: its latency by verb against a bare fastify echo of the same body, at 500
 * and 5,000 node names, with 10,000 pods in view and 200 peers. All servers run at the same time in processes of their own, and
 * are asked in turns over one kept connection each, so that whatever disturbs the machine disturbs all. `npm run bench:extender`
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { Agent, request } from "node:http";
import os from "node:os";
import path from "node:path";
import { LatencyHistogram } from "../../core/stats/latency-histogram.ts";
import { bodyOf, PEERS, PODS } from "./extender-load.ts";

const roles = ["echo", "extender", "extender-churn"] as const;
const verbs = ["filter", "prioritize", "bind", "preempt"] as const;
const sizes = [
  { nodeCount: 500, rounds: 1500, warmUps: 300 },
  { nodeCount: 5000, rounds: 600, warmUps: 150 },
];

interface Server {
  readonly role: (typeof roles)[number];
  readonly process: ChildProcess;
  readonly url: string;
  readonly agent: Agent;
}

console.log(`${os.cpus()[0]?.model ?? "unknown CPU"}, ${os.cpus().length} cores, Node ${process.version}`);
console.log(
  `${PODS} pods in view, the pod talks to ${PEERS} workloads; ms; churn: 200 pods a second change meanwhile\n`,
);
const results: object[] = [];
for (const size of sizes) results.push(...(await measure(size)));
console.log(JSON.stringify({ cpu: os.cpus()[0]?.model, cores: os.cpus().length, node: process.version, results }));

async function measure({ nodeCount, rounds, warmUps }: (typeof sizes)[number]): Promise<object[]> {
  const servers = await Promise.all(roles.map((role) => startServer(role, nodeCount)));
  const rows: object[] = [];
  try {
    for (const verb of verbs) {
      const bodies = Array.from({ length: 16 }, (_, turn) => Buffer.from(bodyOf(verb, nodeCount, turn)));
      await askInTurns(servers, verb, bodies, warmUps);
      rows.push(report(verb, nodeCount, bodies[0]?.length ?? 0, await askInTurns(servers, verb, bodies, rounds)));
    }
  } finally {
    for (const server of servers) stopServer(server);
  }
  return rows;
}

type Histograms = Readonly<Record<(typeof roles)[number], LatencyHistogram>>;

async function askInTurns(
  servers: readonly Server[],
  verb: string,
  bodies: readonly Buffer[],
  rounds: number,
): Promise<Histograms> {
  const histograms = {
    echo: new LatencyHistogram(),
    extender: new LatencyHistogram(),
    "extender-churn": new LatencyHistogram(),
  };
  for (let round = 0; round < rounds; round++) {
    const body = bodies[round % bodies.length] ?? Buffer.alloc(0);
    // Another one begins each round, so that none always follows the same.
    for (let turn = 0; turn < servers.length; turn++) {
      const server = servers[(round + turn) % servers.length];
      if (server) histograms[server.role].record(await ask(server, verb, body));
    }
  }
  return histograms;
}

function report(verb: string, nodeCount: number, bodyBytes: number, { echo, ...extenders }: Histograms): object {
  const text = (histogram: LatencyHistogram) =>
    `p50 ${ms(histogram.quantileMs(0.5))} p99 ${ms(histogram.quantileMs(0.99))}`;
  console.log(`${verb} of ${nodeCount} nodes, ${Math.round(bodyBytes / 1000)} kB, ${echo.count} requests each`);
  console.log(`  ${"echo".padEnd(15)} ${text(echo)}`);
  const rows = Object.entries(extenders).map(([role, histogram]) => {
    const [p50, p99] = [0.5, 0.99].map((p) => histogram.quantileMs(p) / echo.quantileMs(p));
    console.log(
      `  ${role.padEnd(15)} ${text(histogram)}   ratio to echo: p50 ${p50?.toFixed(2)} p99 ${p99?.toFixed(2)}`,
    );
    return [
      role,
      { p50Ms: histogram.quantileMs(0.5), p99Ms: histogram.quantileMs(0.99), p50Ratio: p50, p99Ratio: p99 },
    ];
  });
  console.log();
  const echoed = { p50Ms: echo.quantileMs(0.5), p99Ms: echo.quantileMs(0.99) };
  return { verb, nodeCount, bodyBytes, requests: echo.count, echo: echoed, ...Object.fromEntries(rows) };
}

function ms(latencyMs: number): string {
  return latencyMs.toFixed(2).padStart(6);
}

function ask({ url, agent }: Server, verb: string, body: Buffer): Promise<number> {
  const headers = { "content-type": "application/json", "content-length": body.length };
  return new Promise((resolve, reject) => {
    const startMs = performance.now();
    const sent = request(`${url}/${verb}`, { agent, method: "POST", headers }, (response) => {
      response.resume().on("end", () => {
        if (response.statusCode === 200) resolve(performance.now() - startMs);
        else reject(new Error(`${verb}: status ${response.statusCode}`));
      });
    });
    sent.on("error", reject).end(body);
  });
}

async function startServer(role: Server["role"], nodeCount: number): Promise<Server> {
  const child = fork(path.join(import.meta.dirname, "extender-server.ts"), [role, String(nodeCount)]);
  const [{ url }] = (await once(child, "message")) as [{ url: string }];
  return { role, process: child, url, agent: new Agent({ keepAlive: true, maxSockets: 1 }) };
}

function stopServer(server: Server): void {
  server.agent.destroy();
  server.process.kill();
}
