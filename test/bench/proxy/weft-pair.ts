/** Two proxies of Weft with an application behind the second: what a request between two pods passes. */
import { writeFileSync } from "node:fs";
import path from "node:path";
import type { AccessRule, MeshSnapshot } from "../../../core/model/mesh-snapshot.ts";
import type { ProxyConfigInput } from "../../../mesh-proxy/proxy-config.ts";
import { type ManagedProcess, startProcess } from "../../tools/managed-process.ts";
import {
  type Authority,
  type CertificateDirectory,
  createCertificateDirectory,
} from "../../tools/workload-certificates.ts";
import type { Contender } from "./in-turns.ts";
import { type BenchProtocol, portProtocol } from "./messages.ts";

export interface PairSpec {
  readonly name: string;
  readonly folder: string;
  readonly protocol: BenchProtocol;
  /** The first of two addresses. */
  readonly subnet: string;
  readonly listenPort: number;
  readonly meshPort: number;
  readonly adminPort: number;
  readonly appPort: number;
  readonly appHost: string;
  readonly config: Partial<ProxyConfigInput>;
  /** Of the second proxy. */
  readonly rules: readonly AccessRule[];
  /** Who signs the certificates, by which each verifies the other; undefined for plaintext. */
  readonly authority?: Authority | undefined;
}

export interface Pair extends Contender {
  readonly metricsUrls: readonly string[];
  stop(): Promise<void>;
}

const identityOf = (pod: string) => `spiffe://cluster.local/ns/bench/sa/${pod}`;

export async function startPair(spec: PairSpec): Promise<Pair> {
  const { name, subnet, protocol, listenPort, meshPort, adminPort, appPort, rules, authority } = spec;
  const peer = (pod: string, last: number) => ({
    ...{ pod: `bench/${pod}`, address: `${subnet}.${last}` },
    ...{ workload: pod, node: pod, app: pod },
    ...(authority && { identity: identityOf(pod) }),
  });
  const peers = [peer("client", 1), peer("server", 2)];
  const endpoints = [{ pod: "bench/server", address: `${subnet}.2`, port: meshPort, appPort, weight: 1 }];
  const upstreams = [
    { listenPort, namespace: "bench", service: "server", port: 80, protocol: portProtocol(protocol), endpoints },
  ];
  const http1Ports = protocol === "http1" ? [appPort] : [];
  const access = rules.length === 0 ? undefined : { rules, http1Ports };
  const certificates = {
    client: authority && (await certify(authority, "client")),
    server: authority && (await certify(authority, "server")),
  };
  const processes = [
    startOne(
      spec,
      { last: 2, certificates: certificates.server },
      { version: 1, proxy: "bench/server", peers, upstreams: [], hops: [], access },
    ),
    startOne(
      spec,
      { last: 1, certificates: certificates.client },
      { version: 1, proxy: "bench/client", peers, upstreams, hops: [] },
    ),
  ];
  return {
    name,
    host: `${subnet}.1`,
    port: listenPort,
    processes,
    metricsUrls: [1, 2].map((last) => `http://${subnet}.${last}:${adminPort}/metrics`),
    stop: async () => {
      for (const one of processes) await one.stop(0);
      for (const one of [certificates.client, certificates.server]) one?.remove();
    },
  };
}

async function certify(authority: Authority, pod: string): Promise<CertificateDirectory> {
  const directory = createCertificateDirectory();
  directory.write({ ...(await authority.issue([identityOf(pod)])), bundle: authority.bundle });
  return directory;
}

interface OwnParts {
  /** Of its address. */
  readonly last: number;
  readonly certificates: CertificateDirectory | undefined;
}

function startOne(spec: PairSpec, { last, certificates }: OwnParts, snapshot: MeshSnapshot): ManagedProcess {
  const { name, folder, protocol, subnet, meshPort, adminPort, appHost, config } = spec;
  const base = path.join(folder, `${name.replaceAll(/\W+/g, "-")}-${protocol}-${last}`);
  writeFileSync(`${base}.json`, JSON.stringify(snapshot));
  const address = `${subnet}.${last}`;
  const settings: ProxyConfigInput = {
    ...{ namespace: "bench", pod: last === 1 ? "client" : "server", podAddress: address },
    ...{ upstreamHost: address, appHost, meshPort, adminPort, snapshotFile: `${base}.json` },
    ...certificates?.config,
    ...config,
    ...(config.accessLogFile !== undefined && { accessLogFile: `${base}.access` }),
  };
  writeFileSync(`${base}.config.json`, JSON.stringify(settings));
  return startProcess({
    name: `${name} ${last}`,
    path: process.execPath,
    args: ["cli/weft.ts", "proxy", "--log-level", "warn", "--config", `${base}.config.json`],
    logPath: `${base}.log`,
  });
}
