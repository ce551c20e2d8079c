/** The two relays of UDP under comparison, each as a program of its own with one thread for the data, in front of one server. */
import { writeFileSync } from "node:fs";
import path from "node:path";
import type { MeshSnapshot } from "../../../core/model/mesh-snapshot.ts";
import { type ManagedProcess, startProcess } from "../../tools/managed-process.ts";
import type { Nginx } from "./nginx.ts";
import { originHost, proxyHost } from "./subjects.ts";

export interface UdpSubject {
  readonly name: "weft" | "nginx";
  readonly port: number;
  readonly process: ManagedProcess;
}

interface UdpSubjectSpec {
  readonly folder: string;
  readonly port: number;
  readonly originPort: number;
}

export function startNginx({ program, streamModule }: Nginx, { folder, port, originPort }: UdpSubjectSpec): UdpSubject {
  const file = path.join(folder, "nginx.conf");
  writeFileSync(
    file,
    `load_module ${streamModule};
daemon off;
master_process off;
worker_processes 1;
pid ${folder}/nginx.pid;
error_log ${folder}/nginx.log warn;
events { worker_connections 2048; }
stream {
  server {
    listen ${proxyHost}:${port} udp rcvbuf=1m;
    proxy_pass ${originHost}:${originPort};
    proxy_timeout 1h;
  }
}
`,
  );
  const args = ["-c", file, "-p", folder, "-e", path.join(folder, "nginx.log")];
  const process_ = startProcess({ name: "nginx", path: program, args, logPath: path.join(folder, "nginx-out.log") });
  return { name: "nginx", port, process: process_ };
}

export function startWeftForUdp({ folder, port, originPort }: UdpSubjectSpec): UdpSubject {
  const end = (name: string, address: string) => ({
    pod: `bench/${name}`,
    address,
    workload: name,
    node: name,
    app: name,
  });
  const endpoint = { pod: "bench/origin", address: originHost, port: originPort, appPort: 80, weight: 1 };
  const service = { namespace: "bench", service: "origin", port: 80, protocol: "udp" } as const;
  const snapshot: MeshSnapshot = {
    version: 1,
    proxy: "bench/client",
    peers: [end("client", proxyHost), end("origin", originHost)],
    upstreams: [{ ...service, listenPort: port, endpoints: [endpoint] }],
    hops: [],
  };
  const snapshotFile = path.join(folder, "snapshot-udp.json");
  writeFileSync(snapshotFile, JSON.stringify(snapshot));
  const hosts = { podAddress: proxyHost, upstreamHost: proxyHost };
  const settings = { namespace: "bench", pod: "client", ...hosts, meshPort: 0, adminPort: 0, snapshotFile };
  const sets = Object.entries(settings).flatMap(([key, value]) => ["--set", `${key}=${value}`]);
  const args = ["cli/weft.ts", "proxy", "--log-level", "warn", ...sets];
  const logPath = path.join(folder, "weft-udp.log");
  return { name: "weft", port, process: startProcess({ name: "weft", path: process.execPath, args, logPath }) };
}
