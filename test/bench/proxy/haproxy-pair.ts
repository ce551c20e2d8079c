/** Two HAProxies one behind the other, as Weft's proxies stand: the client's address goes along in a PROXY header, as Weft's does. */
import { writeFileSync } from "node:fs";
import path from "node:path";
import type { Authority } from "../../tools/workload-certificates.ts";
import { runHaproxy } from "./haproxy.ts";
import type { Contender } from "./in-turns.ts";
import type { BenchProtocol } from "./messages.ts";

export interface HaproxyPairSpec {
  /** Also of its files. */
  readonly name: string;
  readonly folder: string;
  readonly program: string;
  readonly protocol: BenchProtocol;
  /** The first of two addresses. */
  readonly subnet: string;
  readonly listenPort: number;
  readonly meshPort: number;
  readonly appPort: number;
  readonly appHost: string;
  /** Who signs the certificates, by which each verifies the other; undefined for plaintext. */
  readonly authority: Authority | undefined;
}

export interface HaproxyPair extends Contender {
  stop(): Promise<void>;
}

export async function startHaproxyPair(spec: HaproxyPairSpec): Promise<HaproxyPair> {
  const { name, folder, program, protocol, subnet, listenPort, meshPort, appPort, appHost, authority } = spec;
  const [client, server] = [`${subnet}.1`, `${subnet}.2`];
  const tlsOf = async (own: string) =>
    authority === undefined ? "" : `${await writeTls(folder, `${name}-${own}`, authority)} verify required`;
  const [clientTls, serverTls] = [await tlsOf("client"), await tlsOf("server")];
  const each = { folder, program, protocol };
  const processes = [
    runHaproxy({
      ...{ ...each, name: `${name}-server`, bind: `${server}:${meshPort} accept-proxy${serverTls}` },
      server: `${appHost}:${appPort}`,
    }),
    runHaproxy({
      ...{ ...each, name: `${name}-client`, bind: `${client}:${listenPort}` },
      server: `${server}:${meshPort} send-proxy-v2${clientTls}`,
    }),
  ];
  return {
    name,
    host: client,
    port: listenPort,
    processes,
    stop: async () => {
      for (const one of processes) await one.stop(0);
    },
  };
}

async function writeTls(folder: string, name: string, authority: Authority): Promise<string> {
  const [own, ca] = [path.join(folder, `${name}.pem`), path.join(folder, `${name}-ca.pem`)];
  const { certificate, key } = await authority.issue([`spiffe://cluster.local/ns/bench/sa/${name}`]);
  writeFileSync(own, `${certificate}\n${key}\n`);
  writeFileSync(ca, authority.bundle);
  return ` ssl crt ${own} ca-file ${ca} ssl-min-ver TLSv1.3`;
}
