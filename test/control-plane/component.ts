/** A control plane component beside the API server: started with its own port and log, ready when it says so. */
import { join } from "node:path";
import { findFreePort } from "../tools/free-port.ts";
import { startProcess } from "../tools/managed-process.ts";
import { waitUntil } from "../tools/wait-until.ts";
import type { ControlPlaneConnection } from "./control-plane.ts";
import { httpsGet } from "./https-get.ts";

export type Component = {
  /** `https://127.0.0.1:port`; `/metrics`, `/readyz` and `/configz` need no credentials. */
  readonly url: string;
  readonly pid: number;
  readonly logPath: string;
  /** The text of one scrape. */
  metrics(): Promise<string>;
  stop(): Promise<void>;
};

export type ComponentSpec = {
  /** Unique among those that run at one time; names the log file. */
  readonly name: string;
  readonly path: string;
  readonly args: readonly string[];
  /** Answers 200 once the component does its work. */
  readonly readyPath: "/readyz" | "/healthz";
};

const readyTimeoutMs = 60_000;

/** Resolves when the component says that it is ready; rejects with the end of the log, leaving nothing running. */
export async function startComponent(connection: ControlPlaneConnection, spec: ComponentSpec): Promise<Component> {
  const { paths, caPem } = connection;
  const port = await findFreePort();
  const url = `https://127.0.0.1:${port}`;
  const logPath = join(paths.folder, `${spec.name}.log`);
  const args = [...spec.args, ...servingArguments(connection, port)];
  const process = startProcess({ name: spec.name, path: spec.path, args, logPath });
  try {
    await waitUntil(async () => (await httpsGet(`${url}${spec.readyPath}`, { caPem })).status === 200, {
      what: `${spec.name} is ready`,
      timeoutMs: readyTimeoutMs,
      giveUp: process.ended,
    });
  } catch (error) {
    await process.stop(0);
    throw new Error(`${(error as Error).message}\n${logPath} ends with:\n${process.logTail()}`, { cause: error });
  }
  const metrics = async () => (await httpsGet(`${url}/metrics`, { caPem })).body;
  return { url, pid: process.pid, logPath, metrics, stop: () => process.stop() };
}

function servingArguments({ paths }: ControlPlaneConnection, port: number): string[] {
  return [
    "--bind-address=127.0.0.1",
    `--secure-port=${port}`,
    `--tls-cert-file=${paths.serverCertificate}`,
    `--tls-private-key-file=${paths.serverKey}`,
    "--authorization-always-allow-paths=/healthz,/readyz,/livez,/metrics,/configz",
  ];
}
