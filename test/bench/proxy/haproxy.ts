/** HAProxy with one listener and one server behind it, on one thread. */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { type ManagedProcess, startProcess } from "../../tools/managed-process.ts";
import { type BenchProtocol, portProtocol } from "./messages.ts";

export interface HaproxySpec {
  /** Also of its files. */
  readonly name: string;
  readonly folder: string;
  readonly program: string;
  readonly protocol: BenchProtocol;
  /** Address, and what else its line says but what the protocol asks; so of the server. */
  readonly bind: string;
  readonly server: string;
  /** Of the defaults. */
  readonly option?: string | undefined;
}

export function runHaproxy(spec: HaproxySpec): ManagedProcess {
  const { name, folder, program, protocol, bind, server, option } = spec;
  const proto = portProtocol(protocol) === "h2c" ? " proto h2" : "";
  const config = `global
  nbthread 1
  maxconn 1000
defaults
  mode ${protocol === "tcp" ? "tcp" : "http"}
  timeout connect 5s
  timeout client 1h
  timeout server 1h
${option === undefined ? "" : `  option ${option}\n`}listen bench
  bind ${bind}${proto}
  server next ${server}${proto}
`;
  const file = path.join(folder, `${name}.cfg`);
  writeFileSync(file, config);
  return startProcess({ name, path: program, args: ["-db", "-f", file], logPath: path.join(folder, `${name}.log`) });
}
