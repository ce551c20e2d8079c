/** Functions that know of chains: what they are told, and that flows go on where they say. */
import { connect, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ForwardingHop } from "../../core/model/mesh-snapshot.ts";
import type { ServicePathHeader } from "../../core/model/service-path-header.ts";
import { encodeProxyHeader, readProxyHeader } from "../../mesh-proxy/codec/proxy-protocol.ts";
import type { SteeringTlvs } from "../../mesh-proxy/codec/steering-tlvs.ts";
import { waitUntil } from "../tools/wait-until.ts";
import { createTestMesh, sumOf, type TestMesh, type TestPod, tcpServer, upstream } from "./mesh-proxy-setup.ts";

const listenPort = 15010;
let mesh: TestMesh;
let client: TestPod;
let dpi: TestPod;
let video: TestPod;
let server: TestPod;

beforeEach(async () => {
  mesh = createTestMesh("127.78.50");
  client = await mesh.pod("client-0");
  dpi = await mesh.pod("dpi-0");
  video = await mesh.pod("video-0");
  server = await mesh.pod("server-0");
});
afterEach(() => mesh.stop());

/** What the function answers to the first bytes of a flow; undefined is nothing yet. */
type Say = (text: string, tlvs: SteeringTlvs) => Buffer | undefined;

const place = { address: "127.78.50.2", port: 1 };
const header = (servicePath: ServicePathHeader | undefined) =>
  encodeProxyHeader({ source: place, destination: place, tlvs: servicePath === undefined ? {} : { servicePath } });

/** Stays, unless the flow begins with the name of a chain that it is offered. */
const byFirstWord: Say = (text, { servicePath, offers = [] }) => {
  if (text.length < 5) return undefined;
  const offer = offers.find(({ chain }) => text.startsWith(chain));
  const stay = servicePath && { ...servicePath, serviceIndex: servicePath.serviceIndex - 1 };
  return header(offer?.servicePath ?? stay);
};

async function awareFunction(say: Say): Promise<{ port: number; told: SteeringTlvs[] }> {
  const told: SteeringTlvs[] = [];
  const app = await tcpServer(dpi.address, (socket) => {
    let held = Buffer.alloc(0);
    let tlvs: SteeringTlvs | undefined;
    let hasSaid = false;
    const take = () => {
      if (tlvs === undefined) {
        const read = readProxyHeader(held, 0, held.length);
        if (read.kind !== "header") return;
        ({ tlvs } = read);
        told.push(tlvs);
        held = held.subarray(read.bytesUsed);
        hasSaid = tlvs.direction === "response";
      }
      const said = hasSaid ? Buffer.alloc(0) : say(held.toString("latin1", 0, 64), tlvs);
      if (said === undefined) return;
      hasSaid = true;
      if (!socket.write(Buffer.concat([said, held]))) socket.pause();
      held = Buffer.alloc(0);
    };
    socket.on("drain", () => socket.resume());
    socket.on("data", (bytes: Buffer) => {
      held = Buffer.concat([held, bytes]);
      take();
    });
    socket.on("end", () => socket.end());
    socket.on("error", () => {});
  });
  mesh.onStop(app.close);
  return { port: app.port, told };
}

/** client -> dpi -> server; dpi may send flows on to video -> server. */
async function applyAware(port: number, changes: Partial<ForwardingHop> = {}): Promise<void> {
  const app = await tcpServer(server.address, (socket) => socket.pipe(socket));
  const tagging = await tcpServer(video.address, (socket) => {
    socket.once("data", () => socket.write("tagged "));
    socket.pipe(socket);
  });
  mesh.onStop(app.close);
  mesh.onStop(tagging.close);
  const next = [server.endpoint(app.port)];
  const common = { serviceIndex: 1, isSymmetric: false, protocol: "tcp", next } as const;
  const plain = {
    name: "video",
    port: tagging.port,
    hasProxyProtocol: false,
    failurePolicy: "Block",
    mode: "Forward",
  } as const;
  const aware = { ...plain, name: "dpi", port, hasProxyProtocol: true, isReclassifying: true } as const;
  await server.apply({});
  await video.apply({ hops: [{ ...common, chain: "video", spi: 8, function: plain }] });
  const path = { chain: "video", spi: 8, serviceIndex: 1, next: [video.endpoint(tagging.port)] };
  const branches = [{ chain: "video", path }];
  await dpi.apply({ hops: [{ ...common, chain: "inspect", spi: 7, function: aware, branches, ...changes }] });
  const entry = { chain: "inspect", spi: 7, serviceIndex: 1, next: [dpi.endpoint(port)] };
  await client.apply({ upstreams: [upstream({ listenPort, endpoints: next, path: entry })] });
}

function dialUpstream(): Socket {
  const socket = connect({ host: client.address, port: listenPort, allowHalfOpen: true });
  mesh.onStop(() => socket.destroy());
  return socket;
}

async function exchange(bytes: string | Buffer): Promise<Buffer> {
  const socket = dialUpstream();
  socket.end(bytes);
  const pieces: Buffer[] = [];
  for await (const piece of socket) pieces.push(piece);
  return Buffer.concat(pieces);
}

describe.each([{ isSymmetric: false }, { isSymmetric: true }])("a flow, on a chain with %j,", ({ isSymmetric }) => {
  test("goes on where the function says, by what it has read of it", async () => {
    const aware = await awareFunction(byFirstWord);
    await applyAware(aware.port, { isSymmetric });
    expect((await exchange("video of a cat")).toString()).toBe("tagged video of a cat");
    expect((await exchange("audio of a cat")).toString()).toBe("audio of a cat");
    const labels = { reporter: "destination", weft_chain: "video", weft_spi: "8", weft_hop: "1" };
    expect(await sumOf(video.proxy, "istio_tcp_received_bytes_total", labels)).toBe("video of a cat".length);
    expect(await sumOf(dpi.proxy, "weft_proxy_refused_connections_total")).toBe(0);
  });

  test("passes unchanged, however much it is", async () => {
    const aware = await awareFunction(byFirstWord);
    await applyAware(aware.port, { isSymmetric });
    const bytes = Buffer.alloc(4_000_001);
    for (let at = 0; at < bytes.length; at++) bytes[at] = Math.imul(at, 2_654_435_761) >>> 24;
    expect((await exchange(bytes)).equals(bytes)).toBe(true);
  });
});

test("the function is told the flow's place on its path, and where it may send it", async () => {
  const aware = await awareFunction(byFirstWord);
  await applyAware(aware.port, { isSymmetric: true });
  await exchange("audio of a cat");
  const servicePath = { spi: 7, serviceIndex: 1, ttl: 63 };
  const offers = [{ chain: "video", servicePath: { spi: 8, serviceIndex: 1, ttl: 62 } }];
  const [up, down] = aware.told.toSorted((a, b) => (a.direction ?? "").localeCompare(b.direction ?? ""));
  expect(up).toEqual({ servicePath, direction: "request", offers });
  expect(down).toEqual({ servicePath, direction: "response" });
});

test("a client may take its time, and say what decides in pieces", async () => {
  const aware = await awareFunction(byFirstWord);
  await applyAware(aware.port);
  const socket = dialUpstream();
  let answer = "";
  socket.on("data", (piece) => {
    answer += piece;
  });
  await waitUntil(() => aware.told.length === 1, { what: "the function has the flow", timeoutMs: 5000 });
  socket.write("vid");
  socket.end("eo of a dog");
  await waitUntil(() => answer === "tagged video of a dog", { what: "the answer", timeoutMs: 5000 });
});

describe("a flow is reset, and counted, when the function", () => {
  const wrong: readonly { readonly name: string; readonly say: Say }[] = [
    { name: "names a path that it was not offered", say: () => header({ spi: 9, serviceIndex: 1, ttl: 62 }) },
    { name: "names another place on a path that it was", say: () => header({ spi: 8, serviceIndex: 2, ttl: 62 }) },
    { name: "does not count its own place down", say: (_, { servicePath }) => header(servicePath) },
    { name: "names no path", say: () => header(undefined) },
    { name: "begins with no PROXY header", say: () => Buffer.from("HTTP/1.1 200 OK\r\n\r\n") },
  ];

  test.each(wrong)("$name", async ({ say }) => {
    const aware = await awareFunction(say);
    await applyAware(aware.port);
    await expect(exchange("video of a cat")).rejects.toThrow("ECONNRESET");
    expect(await sumOf(dpi.proxy, "weft_proxy_refused_connections_total", { reason: "function_misroutes" })).toBe(1);
    await waitUntil(async () => (await sumOf(dpi.proxy, "weft_proxy_connections")) === 0, {
      what: "the flow is over",
      timeoutMs: 5000,
    });
  });
});

test("a function that is not there blocks the flow or is gone around, as it declares", async () => {
  await applyAware(9);
  await expect(exchange("video of a cat")).rejects.toThrow("ECONNRESET");
  const bypassed = {
    name: "dpi",
    port: 9,
    hasProxyProtocol: true,
    isReclassifying: true,
    failurePolicy: "Bypass",
    mode: "Forward",
  } as const;
  await applyAware(9, { function: bypassed });
  expect((await exchange("video of a cat")).toString()).toBe("video of a cat");
});

test("nothing of it is left when the client breaks off before the function has decided", async () => {
  const aware = await awareFunction(() => undefined);
  await applyAware(aware.port);
  const socket = dialUpstream();
  socket.write("video of a cat");
  await waitUntil(() => aware.told.length === 1, { what: "the function has the flow", timeoutMs: 5000 });
  socket.resetAndDestroy();
  await waitUntil(async () => (await sumOf(dpi.proxy, "weft_proxy_connections")) === 0, {
    what: "the flow is over",
    timeoutMs: 5000,
  });
});
