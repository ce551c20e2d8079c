/** Proxies under comparison, each as a program of its own: a listener, one server behind it, PROXY v2 in front of it. */
import { writeFileSync } from "node:fs";
import path from "node:path";
import type { MeshSnapshot } from "../../../core/model/mesh-snapshot.ts";
import { type ManagedProcess, startProcess } from "../../tools/managed-process.ts";
import { runHaproxy } from "./haproxy.ts";
import { type BenchProtocol, portProtocol } from "./messages.ts";

export const proxyHost = "127.78.0.1";
export const originHost = "127.78.0.2";

export interface Subject {
  readonly name: string;
  readonly port: number;
  readonly process: ManagedProcess;
}

export interface SubjectSpec {
  readonly folder: string;
  readonly protocol: BenchProtocol;
  readonly port: number;
  readonly originPort: number;
  /** Of Weft. */
  readonly kernelRelay?: "off" | "required";
}

export function startHaproxy(program: string, { folder, protocol, port, originPort }: SubjectSpec): Subject {
  const process = runHaproxy({
    ...{ name: `haproxy-${port}`, folder, program, protocol },
    bind: `${proxyHost}:${port}`,
    server: `${originHost}:${originPort} send-proxy-v2`,
    option: protocol === "tcp" ? "splice-auto" : undefined,
  });
  return { name: "haproxy", port, process };
}

export function startWeft({ folder, protocol, port, originPort, kernelRelay = "off" }: SubjectSpec): Subject {
  const end = (name: string, address: string) => ({
    pod: `bench/${name}`,
    address,
    workload: name,
    node: name,
    app: name,
  });
  const snapshot: MeshSnapshot = {
    version: 1,
    proxy: "bench/client",
    peers: [end("client", proxyHost), end("origin", originHost)],
    upstreams: [
      {
        listenPort: port,
        namespace: "bench",
        service: "origin",
        port: 80,
        protocol: portProtocol(protocol),
        endpoints: [{ pod: "bench/origin", address: originHost, port: originPort, appPort: 80, weight: 1 }],
      },
    ],
    hops: [],
  };
  const snapshotFile = path.join(folder, `snapshot-${port}.json`);
  writeFileSync(snapshotFile, JSON.stringify(snapshot));
  const settings = {
    namespace: "bench",
    pod: "client",
    podAddress: proxyHost,
    upstreamHost: proxyHost,
    meshPort: 0,
    adminPort: 0,
    snapshotFile,
    kernelRelay,
  };
  const process_ = startProcess({
    name: "weft",
    path: process.execPath,
    args: [
      "cli/weft.ts",
      "proxy",
      "--log-level",
      "warn",
      ...Object.entries(settings).flatMap(([key, value]) => ["--set", `${key}=${value}`]),
    ],
    logPath: path.join(folder, `weft-${port}.log`),
  });
  return { name: "weft", port, process: process_ };
}
