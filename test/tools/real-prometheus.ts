/** A Prometheus of one's own on loopback, which scrapes one target every second. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findFreePort } from "./free-port.ts";
import { startProcess } from "./managed-process.ts";
import { waitUntil } from "./wait-until.ts";

export interface RealPrometheus {
  readonly url: string;
  /** Resolves when an instant query finds exactly one result with this value. */
  waitFor(query: string, value: number): Promise<void>;
  stop(): Promise<void>;
}

export async function startPrometheus(program: string, target: string): Promise<RealPrometheus> {
  const folder = mkdtempSync(join(tmpdir(), "weft-prometheus-"));
  const port = await findFreePort();
  const config = join(folder, "prometheus.yml");
  writeFileSync(config, configuration(target));
  const running = startProcess({
    name: "prometheus",
    path: program,
    logPath: join(folder, "prometheus.log"),
    cwd: folder,
    args: [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(folder, "data")}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
  });
  const url = `http://127.0.0.1:${port}`;
  const giveUp = () => running.ended();
  const isReady = async () => (await fetch(`${url}/-/ready`)).ok;
  await waitUntil(isReady, { what: "Prometheus is ready", timeoutMs: 30_000, giveUp });
  return {
    url,
    async waitFor(query, value) {
      const what = `Prometheus has ${query} = ${value}`;
      await waitUntil(async () => (await ask(url, query)) === value, { what, timeoutMs: 30_000, giveUp });
    },
    async stop() {
      await running.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function configuration(target: string): string {
  return [
    "global: { scrape_interval: 1s }",
    "scrape_configs:",
    `- { job_name: mesh, scrape_timeout: 1s, static_configs: [{ targets: ["${target}"] }] }`,
    "",
  ].join("\n");
}

async function ask(url: string, query: string): Promise<number | undefined> {
  const answer = await fetch(`${url}/api/v1/query`, { method: "POST", body: new URLSearchParams({ query }) });
  const { data } = (await answer.json()) as { data?: { result?: { value: [number, string] }[] } };
  const [only, ...others] = data?.result ?? [];
  return only && others.length === 0 ? Number(only.value[1]) : undefined;
}
