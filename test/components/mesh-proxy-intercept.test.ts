/** Two pods and a host outside the mesh, as network namespaces; the applications know nothing of their proxies. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type ForwardingHop,
  type MeshSnapshot,
  type PodAccess,
  proxyUserId,
  type Upstream,
} from "../../core/model/mesh-snapshot.ts";
import type { ProxyConfigInput } from "../../mesh-proxy/proxy-config.ts";
import { parseExposition } from "../../platform/prometheus/parse-exposition.ts";
import { debianProgram } from "../tools/debian-package.ts";
import type { ManagedProcess } from "../tools/managed-process.ts";
import {
  type NamespaceHost,
  type NamespaceNetwork,
  startNamespaceNetwork,
  whyNoNamespaces,
} from "../tools/namespace-network.ts";
import { waitUntil } from "../tools/wait-until.ts";
import { appPorts } from "./intercepted-app-ports.ts";

const nft = await debianProgram({ package: "nftables", program: "nft", how: "install" });
const curl = await debianProgram({ package: "curl", program: "curl", how: "install" });
const missing = [nft, curl].flatMap((program) => (program.kind === "unavailable" ? [program.reason] : []));
const reason = missing[0] ?? (await whyNoNamespaces());
if (reason !== undefined) process.stderr.write(`skipped: interception in network namespaces: ${reason}\n`);

const clientUid = 1000;
const service = { ipv4: "10.98.0.10", ipv6: "fd98::10" };
const datagramService = "10.98.0.11";
const datagramListenPort = 15_012;

describe.skipIf(reason !== undefined)("interception in network namespaces", () => {
  let network: NamespaceNetwork;
  let [client, server, outside]: readonly (NamespaceHost | undefined)[] = [];
  let proxies: readonly ManagedProcess[] = [];
  const folder = mkdtempSync(path.join(tmpdir(), "weft-intercept-"));
  chmodSync(folder, 0o755);

  beforeAll(async () => {
    network = await startNamespaceNetwork(3);
    [client, server, outside] = network.hosts;
    for (const host of network.hosts) await startApp(host);
    proxies = [
      startProxy(at(client), "client-0", { upstreams: upstreamsOfClient(at(server)) }, { detectTimeoutMs: 2000 }),
      startProxy(
        at(server),
        "server-0",
        { upstreams: [], access, hops: [hopOfServer(at(server))], arrivals: [{ chain: "core/inspect", spi: 7 }] },
        { interceptUnknown: "refuse" },
      ),
    ];
    await Promise.all([client, server].map((host) => ready(at(host))));
    await Promise.all([client, server].map((host) => intercept(at(host))));
  });
  afterAll(async () => {
    await network?.stop();
    rmSync(folder, { recursive: true });
  });

  const deny = { policy: "core/shut", name: "shut", action: "Deny", from: [] } as const;
  const access: PodAccess = {
    mtls: { ports: [{ port: 7001, mode: "Strict" }] },
    rules: [
      { ...deny, to: [{ ports: [8082] }] },
      { ...deny, name: "kept", to: [{ ports: [7000], methods: ["DELETE"] }] },
    ],
    http1Ports: [7000],
  };

  test("a client that dials a Service's address is taken through both proxies, which count it", async () => {
    const before = await requests(at(server), { source_pod: "client-0" });
    expect(await get(at(client), `http://${service.ipv4}/`)).toMatchObject({ name: at(server).name });
    expect(await requests(at(server), { source_pod: "client-0" })).toBe(before + 1);
    const labels = { reporter: "source", destination_service_name: "web", destination_pod: "server-0" };
    expect(await requests(at(client), labels)).toBe(before + 1);
  });

  test("over IPv6, too", async () => {
    const labels = { reporter: "source", destination_service_name: "web" };
    const before = await requests(at(client), labels);
    expect(await get(at(client), `http://[${service.ipv6}]/`)).toMatchObject({ name: at(server).name });
    expect(await requests(at(client), labels)).toBe(before + 1);
  });

  test("a pod of a headless Service is reached at its own address", async () => {
    expect(await get(at(client), `http://${at(server).ipv4}:8081/`)).toMatchObject({ name: at(server).name });
    expect(await requests(at(client), { destination_service_name: "pods" })).toBe(1);
    expect(await requests(at(server), { source_pod: "client-0", reporter: "destination" })).toBeGreaterThan(0);
  });

  test("a pod of any Service is reached at its own address, through both proxies", async () => {
    const before = await requests(at(server), { source_pod: "client-0", reporter: "destination" });
    expect(await get(at(client), `http://${at(server).ipv4}:8080/`)).toMatchObject({ name: at(server).name });
    expect(await requests(at(client), { destination_service_name: "web", destination_pod: "server-0" })).toBe(3);
    expect(await requests(at(server), { source_pod: "client-0", reporter: "destination" })).toBe(before + 1);
  });

  test("what nobody declared is found out by its first bytes", async () => {
    expect(await get(at(client), `http://${service.ipv4}:81/`)).toMatchObject({ name: at(server).name });
    const line = { destination_service_name: "undeclared", response_code: "200" };
    expect(await requests(at(client), line)).toBe(1);
  });

  test("requests of HTTP/2 that nobody declared share connections, as they do where it is declared", async () => {
    for (let round = 0; round < 2; round++) {
      const result = await curlAt(at(client), `http://${service.ipv4}:83/`, "--http2-prior-knowledge");
      expect(result).toMatchObject({ kind: "succeeded", stdout: JSON.stringify({ name: at(server).name }) });
    }
    expect(await requests(at(client), { destination_service_name: "sbi" })).toBe(2);
    expect(await opened(at(client), { destination_service_name: "sbi" })).toBe(1);
  });

  test("what a chain takes goes along its path", async () => {
    expect(await get(at(client), `http://${service.ipv4}:84/`)).toMatchObject({ name: at(server).name });
    const path = { weft_chain: "core/inspect", weft_spi: "7" };
    expect(await requests(at(client), { ...path, weft_hop: "1", reporter: "source" })).toBe(1);
    expect(await requests(at(server), { ...path, weft_hop: "0", reporter: "destination" })).toBe(1);
  });

  test("a server that speaks first is waited for no longer than the bound, and at an opaque port not at all", async () => {
    const order: string[] = [];
    const talk = async (address: string, port: number, say: string) => {
      expect(await dial(at(client), address, port, say)).toBe(`220 ${at(server).name}\n${say}`);
      order.push(say);
    };
    await Promise.all([talk(service.ipv4, 2525, "EHLO"), talk(service.ipv6, 3306, "login")]);
    expect(order).toEqual(["login", "EHLO"]);
    expect(await bytes(at(client), { destination_service_name: "mail", request_protocol: "tcp" })).toBe(4);
    expect(await bytes(at(client), { destination_service_name: "database", request_protocol: "tcp" })).toBe(5);
  });

  test("an unknown destination is reached as it is, and counted as unknown", async () => {
    const labels = { reporter: "source", destination_workload: "unknown", destination_service_name: "unknown" };
    expect(await get(at(client), `http://${at(outside).ipv4}:7000/`)).toMatchObject({ name: at(outside).name });
    expect(await get(at(client), `http://[${at(outside).ipv6}]:7000/`)).toMatchObject({ name: at(outside).name });
    expect(await requests(at(client), labels)).toBe(2);
    expect(await dial(at(client), at(outside).ipv4, 2525, "hello")).toBe(`220 ${at(outside).name}\nhello`);
    expect(await bytes(at(client), { ...labels, request_protocol: "tcp" })).toBe(5);
  });

  test("an unknown destination is refused where the configuration says so", async () => {
    expect((await curlAt(at(server), `http://${at(outside).ipv4}:7000/`)).kind).toBe("failed");
    expect(await refused(at(server), "unknown_destination")).toBe(1);
  });

  test("a destination where nobody listens ends the connection", async () => {
    expect((await curlAt(at(client), `http://${at(outside).ipv4}:4/`)).kind).toBe("failed");
    expect(await refused(at(client), "unreachable_destination")).toBe(1);
  });

  test("who has no proxy reaches the application through the pod's own, counted as unknown", async () => {
    const labels = { reporter: "destination", source_workload: "unknown", source_pod: "unknown" };
    for (const host of [at(server).ipv4, `[${at(server).ipv6}]`]) {
      const answer = await get(at(outside), `http://${host}:8080/`);
      expect(answer).toMatchObject({ name: at(server).name });
      // It is the proxy that dials it, from the pod itself.
      expect([at(server).ipv4, at(server).ipv6]).toContain(String(answer.remoteAddress).replace("::ffff:", ""));
    }
    expect(await requests(at(server), labels)).toBe(2);
    expect(await dial(at(outside), at(server).ipv4, 3306, "login")).toBe(`220 ${at(server).name}\nlogin`);
    expect(await bytes(at(server), { ...labels, request_protocol: "tcp" })).toBe(5);
  });

  test("what listens on the loopback alone stays out of reach", async () => {
    expect(await get(at(server), "http://127.0.0.1:9999/")).toMatchObject({ name: at(server).name });
    expect((await curlAt(at(outside), `http://${at(server).ipv4}:9999/`)).kind).toBe("failed");
  });

  test("policies hold for who has no proxy, request by request too", async () => {
    expect((await curlAt(at(outside), `http://${at(server).ipv4}:8082/`)).kind).toBe("failed");
    expect(await refused(at(server), "access_denied")).toBe(1);
    expect((await curlAt(at(outside), `http://${at(server).ipv4}:7001/`)).kind).toBe("failed");
    expect(await refused(at(server), "tls_required")).toBe(1);
    const url = `http://${at(server).ipv4}:7000/`;
    expect(await get(at(outside), url)).toMatchObject({ name: at(server).name });
    const denied = await curlAt(at(outside), url, "--request", "DELETE");
    expect(denied).toMatchObject({ kind: "failed", reason: expect.stringContaining("exit code 22") });
    expect(await sumOf(at(server), "weft_proxy_authorization_total", { rule: "kept", action: "Deny" })).toBe(1);
  });

  test("the proxies' own ports take nothing that was not redirected there", async () => {
    expect((await curlAt(at(outside), `http://${at(server).ipv4}:15006/`)).kind).toBe("failed");
    expect((await curlAt(at(server), "http://127.0.0.1:15001/")).kind).toBe("failed");
    expect(await refused(at(server), "not_intercepted")).toBe(2);
  });

  test("what a pod says to itself is left alone", async () => {
    const before = await opened(at(server));
    expect(await isDirect(at(server), `http://${at(server).ipv4}:8080/`)).toBe(true);
    expect(await isDirect(at(server), `http://[::1]:8080/`)).toBe(true);
    expect(await opened(at(server))).toBe(before);
  });

  test("link-local addresses of IPv6 are left alone", async () => {
    const shown = await at(outside).run("ip", ["-6", "-oneline", "address", "show", "dev", "eth0", "scope", "link"]);
    const [, address] = /inet6 (fe80:[0-9a-f:]+)/.exec(shown.kind === "succeeded" ? shown.stdout : "") ?? [];
    expect(await isDirect(at(client), `http://[${address}%25eth0]:7000/`)).toBe(true);
  });

  test("datagrams for a Service's address come to its listener, and answers seem to come from there", async () => {
    const answer = await at(client).run(
      process.execPath,
      [clientScript, "udp", datagramService, "5000", "ping"],
      asClient,
    );
    expect(answer).toEqual({ kind: "succeeded", stdout: `${at(server).name} ping` });
    const sent = await sumOf(at(client), "weft_udp_sent_datagrams_total", { destination_service_name: "echo" });
    expect(sent).toBe(1);
  });

  test("many connections at once are all carried, and nothing is left of them", async () => {
    const places = [
      [service.ipv4, 3306],
      [at(outside).ipv4, 2525],
      [at(outside).ipv6, 2525],
    ] as const;
    const count = 300;
    const all = places.map(([host, port]) => {
      const args = [clientScript, "tcp", host, String(port), "hello", String(count)];
      return at(client).run(process.execPath, args, { ...asClient, timeoutMs: 60_000 });
    });
    expect(await Promise.all(all)).toEqual(all.map(() => ({ kind: "succeeded", stdout: String(count) })));
    const areOver = async () => (await sumOf(at(client), "weft_proxy_connections", {})) === 0;
    await waitUntil(areOver, { what: "no connection is left", timeoutMs: 10_000 });
  });

  const exclusions = [
    { name: "a port", args: ["--exclude-outbound-ports", "7000-7001"], isDirect: true },
    { name: "a block", args: ["--exclude-outbound-cidrs", "10.99.0.0/24,fd99::/64"], isDirect: true },
    { name: "another block", args: ["--exclude-outbound-cidrs", "10.99.1.0/24,fd98::/64"], isDirect: false },
    { name: "all but a port", args: ["--include-outbound-ports", "7001"], isDirect: true },
    { name: "all but this port", args: ["--include-outbound-ports", "7000"], isDirect: false },
    { name: "all but another block", args: ["--include-outbound-cidrs", "10.98.0.0/16"], isDirect: true },
    { name: "everything that is dialled", args: ["--no-outbound"], isDirect: true },
  ];
  test.each(exclusions)("$name is left out as told, at once", async ({ args, isDirect: expected }) => {
    await intercept(at(client), ...args);
    const results = [];
    for (const host of [at(outside).ipv4, `[${at(outside).ipv6}]`])
      results.push(await isDirect(at(client), `http://${host}:7000/`));
    expect(results).toEqual([expected, expected]);
    await intercept(at(client));
  });

  test("inbound ports and blocks are left out as told", async () => {
    const url = `http://${at(server).ipv4}:8080/`;
    expect(await isDirect(at(outside), url)).toBe(false);
    await intercept(at(server), "--exclude-inbound-ports", "8080");
    expect(await isDirect(at(outside), url)).toBe(true);
    await intercept(at(server), "--exclude-inbound-cidrs", at(outside).ipv4);
    expect(await isDirect(at(outside), url)).toBe(true);
    await intercept(at(server), "--include-inbound-cidrs", at(client).ipv4);
    expect(await isDirect(at(outside), url)).toBe(true);
    await intercept(at(server));
  });

  test("a live connection outlasts that the rules are applied again", async () => {
    const { speaking, go } = await talk(service.ipv4, 3306);
    await intercept(at(client));
    await go();
    expect(await speaking).toEqual({ kind: "succeeded", stdout: `220 ${at(server).name}/second/third\n` });
  });

  test("a connection that is open before the rules are there stays as it is", async () => {
    await intercept(at(client), "--remove");
    const { speaking, go } = await talk(at(outside).ipv4, 2525);
    await intercept(at(client));
    await go();
    expect(await speaking).toEqual({ kind: "succeeded", stdout: `220 ${at(outside).name}/second/third\n` });
  });

  test("a connection that was redirected is over when the rules are gone", async () => {
    const { speaking, go } = await talk(service.ipv4, 3306);
    await intercept(at(client), "--remove");
    await go();
    expect(await speaking).toEqual({ kind: "succeeded", stdout: `220 ${at(server).name}/second/\n` });
    await intercept(at(client));
  });

  test("a proxy whose user the rules do not know finds out, and says so once", async () => {
    await intercept(at(client), "--proxy-uid", "4242");
    const before = await refused(at(client), "not_intercepted");
    for (let round = 0; round < 2; round++)
      expect((await curlAt(at(client), `http://${at(outside).ipv4}:7000/`)).kind).toBe("failed");
    expect((await refused(at(client), "not_intercepted")) - before).toBeLessThanOrEqual(4);
    const log = proxies[0]?.logTail() ?? "";
    expect(log.split("weft intercept must be told its user")).toHaveLength(2);
    await intercept(at(client));
    expect(await get(at(client), `http://${at(outside).ipv4}:7000/`)).toMatchObject({ name: at(outside).name });
  });

  test("without the rules everything is as before, and they can be taken away twice", async () => {
    await intercept(at(client), "--remove");
    await intercept(at(client), "--remove");
    expect(await at(client).run("nft", ["list", "tables"])).toEqual({ kind: "succeeded", stdout: "" });
    expect(await isDirect(at(client), `http://${at(outside).ipv4}:7000/`)).toBe(true);
    await intercept(at(client));
  });

  test("without CAP_NET_ADMIN the command says what it needs", async () => {
    const result = await at(client).run(process.execPath, ["cli/weft.ts", "intercept"], asClient);
    expect(result).toMatchObject({ kind: "failed", reason: expect.stringMatching(/exit code 64.*CAP_NET_ADMIN/s) });
  });

  // --- what the tests ask

  const asClient = { uid: clientUid };
  let talkCount = 0;

  /** From the client to a server that speaks first: three words each way, of which the last waits until it may `go`. */
  async function talk(address: string, port: number) {
    const [spoken, gate] = ["spoken", "gate"].map((name) => path.join(folder, `${name}-${talkCount}`));
    talkCount++;
    const script = [
      `mkfifo ${spoken} ${gate}`,
      `exec 3<>/dev/tcp/${address}/${port}`,
      ...["read -r first <&3", "echo second >&3", "read -r second <&3"],
      ...[`echo ready > ${spoken}`, `read -r _ < ${gate}`],
      ...["echo third >&3", "read -t 2 -r third <&3", "echo $first/$second/$third"],
    ];
    const speaking = at(client).run("bash", ["-c", script.join("\n")]);
    const shell = async (command: string) => {
      expect(await at(client).run("bash", ["-c", command])).toEqual({ kind: "succeeded", stdout: expect.any(String) });
    };
    await shell(`until [ -p ${spoken} ]; do sleep 0.05; done; read -r _ < ${spoken}`);
    return { speaking, go: () => shell(`echo go > ${gate}`) };
  }

  async function startApp(host: NamespaceHost): Promise<void> {
    const logPath = path.join(folder, `${host.name}-app.log`);
    const app = host.start(process.execPath, ["test/components/intercepted-app.ts", host.name], {
      ...asClient,
      logPath,
    });
    await waitUntil(() => app.logTail().includes("serves"), {
      what: "the application serves",
      timeoutMs: 20_000,
      giveUp: app.ended,
    });
  }

  function startProxy(
    host: NamespaceHost,
    pod: string,
    parts: Pick<MeshSnapshot, "upstreams" | "access"> & Partial<MeshSnapshot>,
    more: Partial<ProxyConfigInput>,
  ): ManagedProcess {
    const peers = [at(client), at(server)].map(({ ipv4: address }, index) => {
      const workload = index === 0 ? "client" : "server";
      return { pod: `core/${workload}-0`, address, workload, node: `n${index}`, app: workload };
    });
    const snapshot: MeshSnapshot = { version: 1, proxy: `core/${pod}`, peers, hops: [], ...parts };
    const files = ["snapshot", "config"].map((name) => path.join(folder, `${pod}-${name}.json`));
    const [snapshotFile = "", configFile = ""] = files;
    const config: ProxyConfigInput = {
      ...{ namespace: "core", pod, podAddress: host.ipv4, snapshotFile },
      ...{ interceptOutboundPort: 15_001, interceptInboundPort: 15_006, ...more },
    };
    writeFileSync(snapshotFile, JSON.stringify(snapshot));
    writeFileSync(configFile, JSON.stringify(config));
    const logPath = path.join(folder, `${pod}-proxy.log`);
    return host.start(process.execPath, ["cli/weft.ts", "proxy", "--config", configFile], {
      uid: proxyUserId,
      logPath,
    });
  }

  async function ready(host: NamespaceHost): Promise<void> {
    const giveUp = () => proxies.map((proxy) => proxy.ended()).find((end) => end !== undefined);
    const isReady = async () => (await curlAt(host, `http://${host.ipv4}:15020/readyz`)).kind === "succeeded";
    await waitUntil(isReady, { what: "the proxy is ready", timeoutMs: 30_000, giveUp });
  }
});

function upstreamsOfClient({ ipv4: address }: NamespaceHost): readonly Upstream[] {
  const to = (name: string, port: number, appPort: number, more: Partial<Upstream> = {}): Upstream => ({
    ...{ namespace: "core", service: name, port, protocol: "tcp", addresses: [service.ipv4, service.ipv6] },
    endpoints: [endpoint(address, appPort)],
    ...more,
  });
  return [
    to("web", 80, 8080, { protocol: "http1" }),
    to("undeclared", 81, 8080, { isUndeclared: true }),
    to("mail", 2525, 2525, { isUndeclared: true }),
    to("database", 3306, 3306, { isUndeclared: true }),
    to("pods", 8081, 8081, { protocol: "http1", addresses: [], isHeadless: true }),
    to("sbi", 83, 8083, { isUndeclared: true }),
    to("inspected", 84, 8080, {
      path: { chain: "core/inspect", spi: 7, serviceIndex: 1, next: [endpoint(address, 8080)] },
    }),
    to("echo", 5000, 5000, { protocol: "udp", addresses: [], listenPort: datagramListenPort }),
  ];
}

function endpoint(address: string, appPort: number) {
  return { pod: "core/server-0", address, port: 15_008, appPort, weight: 1 };
}

/** The server's pod is an instance of the function, too. */
function hopOfServer({ ipv4 }: NamespaceHost): ForwardingHop {
  return {
    ...{ chain: "core/inspect", spi: 7, serviceIndex: 1, isSymmetric: true, protocol: "tcp" },
    function: {
      ...{ name: "fw", port: appPorts.function, hasProxyProtocol: false },
      ...{ failurePolicy: "Block", mode: "Forward" },
    },
    next: [endpoint(ipv4, 8080)],
  };
}

const clientScript = "test/components/intercepted-client.ts";

function at(host: NamespaceHost | undefined): NamespaceHost {
  if (host === undefined) throw new Error("the network is not there");
  return host;
}

async function intercept(host: NamespaceHost, ...args: readonly string[]): Promise<void> {
  const datagrams = args.includes("--remove") ? [] : ["--udp", `${datagramService}:5000=${datagramListenPort}`];
  const result = await host.run(process.execPath, ["cli/weft.ts", "intercept", ...datagrams, ...args]);
  expect(result).toEqual({ kind: "succeeded", stdout: expect.any(String) });
}

function curlAt(host: NamespaceHost, url: string, ...more: readonly string[]) {
  return host.run("curl", ["--silent", "--fail", "--globoff", "--max-time", "10", ...more, url], { uid: clientUid });
}

interface Answer {
  readonly name: string;
  readonly remoteAddress: string;
  readonly remotePort: number;
}

async function get(host: NamespaceHost, url: string): Promise<Answer> {
  const result = await curlAt(host, url);
  if (result.kind === "failed") throw new Error(result.reason);
  return JSON.parse(result.stdout);
}

/** Whether the server sees the client's own port, or one of a proxy in between. */
async function isDirect(host: NamespaceHost, url: string): Promise<boolean> {
  const result = await curlAt(host, url, "--write-out", "\n%{local_port}");
  if (result.kind === "failed") throw new Error(result.reason);
  const [answer = "", port] = result.stdout.split("\n");
  return (JSON.parse(answer) as Answer).remotePort === Number(port);
}

async function dial(host: NamespaceHost, address: string, port: number, say: string): Promise<string> {
  const args = [clientScript, "tcp", address, String(port), say];
  const result = await host.run(process.execPath, args, { uid: clientUid });
  if (result.kind === "failed") throw new Error(result.reason);
  return result.stdout;
}

type Labels = Readonly<Record<string, string>>;

async function sumOf(host: NamespaceHost, name: string, labels: Labels): Promise<number> {
  const result = await host.run("curl", ["--silent", "--fail", `http://${host.ipv4}:15020/metrics`]);
  if (result.kind === "failed") throw new Error(result.reason);
  const parsed = parseExposition(result.stdout, (one) => one === name);
  if (parsed.kind === "rejected") throw new Error(parsed.reason);
  return parsed.samples
    .filter((sample) => Object.entries(labels).every(([key, value]) => sample.labels.get(key) === value))
    .reduce((sum, { value }) => sum + value, 0);
}

const requests = (host: NamespaceHost, labels: Labels) => sumOf(host, "istio_requests_total", labels);
const bytes = (host: NamespaceHost, labels: Labels) => sumOf(host, "istio_tcp_received_bytes_total", labels);
const opened = (host: NamespaceHost, labels: Labels = {}) => sumOf(host, "istio_tcp_connections_opened_total", labels);
const refused = (host: NamespaceHost, why: string) =>
  sumOf(host, "weft_proxy_refused_connections_total", { reason: why });
