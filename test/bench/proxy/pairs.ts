/** Two proxies one behind the other, as a client's pod and a server's have them, with mutual TLS between them or without. */
import { writeFileSync } from "node:fs";
import path from "node:path";
import type { MeshPeer, MeshSnapshot } from "../../../core/model/mesh-snapshot.ts";
import type { ProxyConfigInput } from "../../../mesh-proxy/proxy-config.ts";
import { type ManagedProcess, startProcess } from "../../tools/managed-process.ts";
import { type Authority, createCertificateDirectory } from "../../tools/workload-certificates.ts";
import type { Contender } from "./in-turns.ts";
import { type BenchProtocol, portProtocol } from "./messages.ts";

export interface PairSpec {
  /** Also of its files. */
  readonly name: string;
  readonly folder: string;
  readonly protocol: BenchProtocol;
  readonly originPort: number;
  /** Where the client's proxy listens; the server's does on the next one. */
  readonly port: number;
  /** Who signs the certificates; undefined for plaintext. */
  readonly authority: Authority | undefined;
  /** Of the program, where it is none of Node's. */
  readonly program?: string;
}

/** Loopback addresses of the two pods; the application is on the server's. */
export const clientHost = "127.79.0.1";
export const serverHost = "127.79.0.2";

const pods = [
  { pod: "bench/client", address: clientHost },
  { pod: "bench/server", address: serverHost },
] as const;
const identityOf = (pod: string) => `spiffe://cluster.local/ns/bench/sa/${pod.replace("bench/", "")}`;

/** Returned last first: whoever is in front is started when all behind it are there. */
export interface Pair extends Contender {
  stop(): Promise<void>;
}

export async function startWeftPair(spec: PairSpec): Promise<Pair> {
  const { name, folder, protocol, originPort, port, authority } = spec;
  const meshPort = port + 1;
  const peers = pods.map((each): MeshPeer => ({ ...each, workload: each.pod, node: each.pod, app: each.pod, ...(authority && { identity: identityOf(each.pod) }) })); // biome-ignore format: short
  const endpoint = { pod: "bench/server", address: serverHost, port: meshPort, appPort: originPort, weight: 1 };
  const upstream = {
    listenPort: port,
    namespace: "bench",
    service: "origin",
    port: 80,
    protocol: portProtocol(protocol),
    endpoints: [endpoint],
  };
  const removals: (() => void)[] = [];
  const processes = await Promise.all(
    pods.map(async ({ pod, address }) => {
      const isClient = address === clientHost;
      const snapshot: MeshSnapshot = { version: 1, proxy: pod, peers, upstreams: isClient ? [upstream] : [], hops: [] };
      const own = `${name}-${isClient ? "client" : "server"}`;
      const snapshotFile = path.join(folder, `${own}.json`);
      writeFileSync(snapshotFile, JSON.stringify(snapshot));
      const directory = authority && createCertificateDirectory();
      if (directory !== undefined) {
        directory.write({ ...(await authority?.issue([identityOf(pod)])), bundle: authority?.bundle } as never);
        removals.push(() => directory.remove());
      }
      return startWeftProxy(own, folder, {
        ...directory?.config,
        namespace: "bench",
        pod: pod.replace("bench/", ""),
        podAddress: address,
        appHost: address,
        upstreamHost: address,
        meshPort: isClient ? 0 : meshPort,
        adminPort: 0,
        snapshotFile,
      });
    }),
  );
  return pairOf(name, port, processes, () => {
    for (const remove of removals) remove();
  });
}

function startWeftProxy(name: string, folder: string, settings: ProxyConfigInput): ManagedProcess {
  const set = Object.entries(settings).flatMap(([key, value]) => ["--set", `${key}=${value}`]);
  const args = ["cli/weft.ts", "proxy", "--log-level", "warn", ...set];
  return startProcess({ name, path: process.execPath, args, logPath: path.join(folder, `${name}.log`) });
}

/** Each verifies the other's certificate; the client's address goes along in a PROXY header, as Weft's does. */
export async function startHaproxyPair(spec: PairSpec): Promise<Pair> {
  const { name, folder, protocol, originPort, port, authority, program = "haproxy" } = spec;
  const proto = portProtocol(protocol) === "h2c" ? " proto h2" : "";
  const own = await Promise.all(pods.map(({ pod }) => haproxyTls(folder, `${name}-${pod.replace("bench/", "")}`, authority?.issue([identityOf(pod)]), authority?.bundle))); // biome-ignore format: short
  const [client = "", server = ""] = own;
  const processes = [
    startHaproxy(spec, `${name}-client`, program, {
      bind: `${clientHost}:${port}${proto}`,
      server: `${serverHost}:${port + 1} send-proxy-v2${proto}${client}${client && " verify required"}`,
    }),
    startHaproxy(spec, `${name}-server`, program, {
      bind: `${serverHost}:${port + 1} accept-proxy${proto}${server}${server && " verify required"}`,
      server: `${serverHost}:${originPort}${proto}`,
    }),
  ];
  return pairOf(name, port, processes, () => {});
}

async function haproxyTls(
  folder: string,
  name: string,
  issued: ReturnType<Authority["issue"]> | undefined,
  bundle: string | undefined,
): Promise<string> {
  if (issued === undefined || bundle === undefined) return "";
  const [own, ca] = [path.join(folder, `${name}.pem`), path.join(folder, `${name}-ca.pem`)];
  const { certificate, key } = await issued;
  writeFileSync(own, `${certificate}\n${key}\n`);
  writeFileSync(ca, bundle);
  return ` ssl crt ${own} ca-file ${ca} ssl-min-ver TLSv1.3`;
}

function startHaproxy(
  { folder, protocol }: PairSpec,
  name: string,
  program: string,
  { bind, server }: { readonly bind: string; readonly server: string },
): ManagedProcess {
  const config = `global
  nbthread 1
  maxconn 1000
defaults
  mode ${protocol === "tcp" ? "tcp" : "http"}
  timeout connect 5s
  timeout client 1h
  timeout server 1h
listen bench
  bind ${bind}
  server next ${server}
`;
  const file = path.join(folder, `${name}.cfg`);
  writeFileSync(file, config);
  return startProcess({ name, path: program, args: ["-db", "-f", file], logPath: path.join(folder, `${name}.log`) });
}

function pairOf(name: string, port: number, processes: readonly ManagedProcess[], remove: () => void): Pair {
  return {
    name,
    host: clientHost,
    port,
    processes,
    async stop() {
      for (const one of processes) await one.stop(0);
      remove();
    },
  };
}
