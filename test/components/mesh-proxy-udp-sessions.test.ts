import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { DatagramProtocol } from "../../core/model/service.ts";
import type { ProxyConfigInput } from "../../mesh-proxy/proxy-config.ts";
import { waitUntil } from "../tools/wait-until.ts";
import { createTestMesh, sumOf, type TestMesh, type TestPod, upstream } from "./mesh-proxy-setup.ts";
import { type UdpApp, udpApp, udpClient } from "./mesh-proxy-udp-setup.ts";

const listenPort = 15010;
let mesh: TestMesh;
let client: TestPod;
let servers: readonly TestPod[];
let apps: readonly UdpApp[];

beforeEach(() => {
  mesh = createTestMesh("127.77.52");
});
afterEach(() => mesh.stop());

type Answer = (index: number, bytes: Buffer) => Buffer | undefined;
const nameAnswer: Answer = (index) => Buffer.from(`server-${index}`);

async function start(
  protocol: DatagramProtocol,
  { config = {}, answer = nameAnswer }: { readonly config?: Partial<ProxyConfigInput>; readonly answer?: Answer } = {},
): Promise<void> {
  client = await mesh.pod("client-0", config);
  servers = [await mesh.pod("server-0", config), await mesh.pod("server-1", config)];
  apps = await Promise.all(servers.map(({ address }, at) => udpApp(mesh, address, (bytes) => answer(at, bytes))));
  for (const server of servers) await server.apply({});
  await point(protocol, [1, 1]);
}

/** By server; undefined is not among the endpoints. */
async function point(protocol: DatagramProtocol, weights: readonly (number | undefined)[]): Promise<void> {
  const endpoints = weights.flatMap((weight, at) => {
    const [server, app] = [servers[at], apps[at]];
    return weight === undefined || !server || !app ? [] : [server.endpoint(app.port, weight)];
  });
  await client.apply({ upstreams: [upstream({ listenPort, protocol, endpoints })] });
}

const newClient = () => udpClient(mesh, { host: client.address, port: listenPort });
const own = (name: string, labels = {}) => sumOf(client.proxy, `weft_proxy_udp_${name}`, labels);

async function clientsOf(count: number, bytes = "x") {
  const clients = await Promise.all(Array.from({ length: count }, newClient));
  return Promise.all(clients.map(async (one) => ({ one, server: String(await one.ask(bytes)) })));
}

const gtpu = (teid: number, type = 255) => {
  const bytes = Buffer.from("30ff00040000000045000000", "hex");
  bytes[1] = type;
  bytes.writeUInt32BE(teid, 4);
  return bytes;
};
const echoRequest = Buffer.from("320100040000000000010000", "hex");

describe("plain UDP", () => {
  test("clients are shared out, and each stays where it is whatever the weights become", async () => {
    await start("udp");
    const clients = await clientsOf(32);
    expect(new Set(clients.map(({ server }) => server)).size).toBe(2);
    await point("udp", [1, 0]);
    for (const { one, server } of clients) expect(String(await one.ask("y"))).toBe(server);
    expect(new Set((await clientsOf(8)).map(({ server }) => server))).toEqual(new Set(["server-0"]));
    expect(await own("sessions")).toBe(40);
  });

  test("when an endpoint leaves the snapshot its clients go to the others, and no one else moves", async () => {
    await start("udp");
    const clients = await clientsOf(16);
    await point("udp", [undefined, 1]);
    for (const { one } of clients) expect(String(await one.ask("y"))).toBe("server-1");
    const moved = clients.filter(({ server }) => server === "server-0").length;
    expect(await own("rechosen_sessions_total")).toBe(moved);
  });

  test("without an endpoint datagrams are lost and counted, and come through when there is one", async () => {
    await start("udp");
    await point("udp", []);
    const one = await newClient();
    one.send("x");
    const isLost = async () => (await own("lost_datagrams_total", { reason: "no_endpoint" })) === 1;
    await waitUntil(isLost, { what: "it is lost", timeoutMs: 5000 });
    await point("udp", [1, 1]);
    await one.ask("y");
  });

  test("an application that does not listen is passed over, and its clients go to another", async () => {
    await start("udp", { config: { ejectionMs: 60_000 } });
    const clients = await clientsOf(16);
    await apps[0]?.close();
    for (const { one } of clients) expect(String(await one.insist("y"))).toBe("server-1");
    expect(await own("refused_endpoints_total")).toBe(1);
    expect(new Set((await clientsOf(8)).map(({ server }) => server))).toEqual(new Set(["server-1"]));
  });

  test("so is a proxy that is gone", async () => {
    await start("udp", { config: { ejectionMs: 60_000 } });
    const clients = await clientsOf(16);
    await servers[0]?.proxy.stop({ drainMs: 0 });
    for (const { one } of clients) expect(String(await one.insist("y"))).toBe("server-1");
  });

  test("an application that listens again gets its only way back", async () => {
    await start("udp");
    await point("udp", [1]);
    const one = await newClient();
    await one.ask("x");
    const port = apps[0]?.port ?? 0;
    await apps[0]?.close();
    one.send("y");
    const isRefused = async () => (await own("refused_endpoints_total")) === 1;
    await waitUntil(isRefused, { what: "the endpoint is refused", timeoutMs: 5000 });
    await udpApp(mesh, client.address.replace(/\d+$/, "2"), () => Buffer.from("again"), port);
    expect(String(await one.insist("z"))).toBe("again");
  });

  test("new sessions beyond the limit are refused, and live ones go on", async () => {
    await start("udp", { config: { udpSessionsMax: 4 } });
    const clients = await clientsOf(4);
    const late = await newClient();
    late.send("x");
    const isLost = async () => (await own("lost_datagrams_total", { reason: "session_limit" })) === 1;
    await waitUntil(isLost, { what: "it is refused", timeoutMs: 5000 });
    for (const { one, server } of clients) expect(String(await one.ask("y"))).toBe(server);
  });

  test("a silent session makes room, and its sockets are closed", async () => {
    await start("udp", { config: { udpSessionsMax: 4, udpIdleTimeoutMs: 100 } });
    await clientsOf(4);
    const closed = async () => {
      const counts = servers.map(({ proxy }) => sumOf(proxy, "weft_udp_flows_closed_total"));
      return (await Promise.all(counts)).reduce((sum, count) => sum + count) === 4 && (await own("sessions")) === 0;
    };
    await waitUntil(closed, { what: "all are closed", timeoutMs: 5000 });
    expect(await own("idle_sessions_total")).toBe(4);
    await clientsOf(4);
  });
});

describe("GTP-U", () => {
  test("tunnels are shared out one by one, and each stays together from any port", async () => {
    await start("gtp-u");
    const [first, second] = [await newClient(), await newClient()];
    const at = new Map<number, string>();
    for (let teid = 1; teid <= 40; teid++) at.set(teid, String(await first.ask(gtpu(teid))));
    expect(new Set(at.values()).size).toBe(2);
    for (let teid = 1; teid <= 40; teid++) expect(String(await second.ask(gtpu(teid)))).toBe(at.get(teid));
    // One socket for all tunnels of a client at each application.
    expect(apps.map(({ received }) => new Set(received.map(({ from }) => from.port)).size)).toEqual([2, 2]);
    expect(await own("sessions")).toBe(40);
  });

  test("a proxy that starts anew sends tunnels where the one before it did", async () => {
    await start("gtp-u");
    const other = await mesh.pod("client-1");
    const endpoints = servers.map((server, at) => server.endpoint(apps[at]?.port ?? 0));
    await Promise.all(servers.map((server) => server.apply({})));
    await other.apply({ upstreams: [upstream({ listenPort, protocol: "gtp-u", endpoints })] });
    const [one, again] = [await newClient(), await udpClient(mesh, { host: other.address, port: listenPort })];
    for (let teid = 1; teid <= 20; teid++)
      expect(String(await again.ask(gtpu(teid)))).toBe(String(await one.ask(gtpu(teid))));
  });

  test("a tunnel outlives its clients' silence, and an end marker", async () => {
    await start("gtp-u", { config: { udpIdleTimeoutMs: 100 } });
    const one = await newClient();
    const server = String(await one.ask(gtpu(7)));
    await one.ask(gtpu(7));
    const flowsClosed = async () => (await sumOf(client.proxy, "weft_udp_flows_closed_total")) === 1;
    await waitUntil(flowsClosed, { what: "the client is forgotten", timeoutMs: 5000 });
    await point("gtp-u", server === "server-0" ? [0, 1] : [1, 0]);
    expect(String(await one.ask(gtpu(7)))).toBe(server);
    await one.ask(gtpu(7, 254));
    await waitUntil(async () => (await own("sessions")) === 0, { what: "the tunnel is over", timeoutMs: 5000 });
    expect(String(await one.ask(gtpu(7)))).not.toBe(server);
  });

  test("echoes go by client, and what is no GTP-U passes and is counted", async () => {
    await start("gtp-u");
    const one = await newClient();
    const server = String(await one.ask(echoRequest));
    for (const bytes of [echoRequest, "no tunnel", echoRequest]) expect(String(await one.ask(bytes))).toBe(server);
    expect(await own("unfollowed_datagrams_total", { reason: "wrong_version" })).toBe(1);
  });
});

describe("PFCP", () => {
  const establishment = (sequence: number) => {
    const bytes = Buffer.from("21320019000000000000000000000000003900090200000000000000cc", "hex");
    bytes.writeUInt32BE(sequence << 8, 12);
    return bytes;
  };
  const modification = (seid: number, type = 52) => {
    const bytes = Buffer.from("2134000c000000000000000000000100", "hex");
    bytes[1] = type;
    bytes.writeUInt32BE(seid, 8);
    return bytes;
  };
  const heartbeat = Buffer.from("2001000400000100", "hex");

  /** A user plane that gives out SEIDs: each server its own, unless they are to clash. */
  function userPlanes(firstSeid: (server: number) => number): Answer {
    const given = [0, 0];
    return (index, bytes) => {
      if (bytes[1] !== 50) return Buffer.from(`server-${index}`);
      const seid = firstSeid(index) + (given[index] ?? 0);
      given[index] = (given[index] ?? 0) + 1;
      const answer = Buffer.from("2133001900000000000000cc00000100003900090200000000000000000", "hex");
      const whole = Buffer.concat([answer, Buffer.alloc(29 - answer.length)]);
      whole.writeUInt32BE(seid, 25);
      return whole;
    };
  }
  const seidIn = (answer: Buffer) => answer.readUInt32BE(25);

  test("sessions are where their client has its association, and stay there for whoever names them", async () => {
    await start("pfcp", { answer: userPlanes((server) => 1000 * (server + 1)) });
    const clients = await clientsOf(24, heartbeat.toString("latin1"));
    expect(new Set(clients.map(({ server }) => server)).size).toBe(2);
    const owners = new Map<number, string>();
    for (const [at, { one, server }] of clients.entries()) owners.set(seidIn(await one.ask(establishment(at))), server);
    expect(owners.size).toBe(24);
    const other = await newClient();
    for (const [seid, server] of owners) expect(String(await other.ask(modification(seid)))).toBe(server);
    for (const [seid, server] of owners) expect(server).toBe(`server-${Math.floor(seid / 1000) - 1}`);
    expect(await own("unfollowed_datagrams_total")).toBe(0);
  });

  test("a SEID that two nodes give out stays with the first, and is counted", async () => {
    await start("pfcp", { answer: userPlanes(() => 1000) });
    const clients = await clientsOf(24, heartbeat.toString("latin1"));
    const [first] = clients;
    const rival = clients.find(({ server }) => server !== first?.server);
    if (!first || !rival) throw new Error("all are on one server");
    await first.one.ask(establishment(1));
    await rival.one.ask(establishment(2));
    expect(String(await rival.one.ask(modification(1000)))).toBe(first.server);
    expect(await own("seid_conflicts_total")).toBe(1);
  });

  test("a session that is deleted is soon forgotten", async () => {
    await start("pfcp", { answer: userPlanes(() => 1000), config: { udpIdleTimeoutMs: 200 } });
    const one = await newClient();
    await one.ask(establishment(1));
    await one.ask(modification(1000));
    await waitUntil(async () => (await own("sessions")) === 1, { what: "the client is forgotten", timeoutMs: 5000 });
    await one.ask(modification(1000, 54));
    await waitUntil(async () => (await own("sessions")) === 0, { what: "the session is over", timeoutMs: 5000 });
  });
});

describe("a proxy that ends", () => {
  test("waits until its clients are silent, and takes no new ones", async () => {
    await start("udp");
    const [live] = await clientsOf(1);
    const stopping = client.proxy.stop({ drainMs: 30_000 });
    const isRefused = async () => {
      (await newClient()).send("x");
      return (await own("lost_datagrams_total", { reason: "draining" })) > 0;
    };
    await waitUntil(isRefused, { what: "new clients are refused", timeoutMs: 5000, pollMs: 20 });
    expect(String(await live?.one.ask("y"))).toBe(live?.server);
    expect(await stopping).toEqual({ cut: [] });
  });

  test("cuts those that are not silent in time, and names them", async () => {
    await start("udp");
    await clientsOf(2);
    expect(await client.proxy.stop({ drainMs: 0 })).toEqual({ cut: ["udp of 2 clients at port 15010"] });
    const cut = await Promise.all(servers.map(({ proxy }) => proxy.stop({ drainMs: 0 })));
    const names = cut.flatMap((one) => one.cut);
    expect(names.length).toBe(2);
    expect(names[0]).toMatch(/^udp from 127\.77\.52\.1:\d+ of core\/client-0 to port \d+$/);
  });
});
