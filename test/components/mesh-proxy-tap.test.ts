/** Functions in mode Tap: what they get, and that nothing they do changes the flow. */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { connect as connectH2, createServer as createH2Server, type ServerHttp2Stream } from "node:http2";
import { connect, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ForwardingHop, LocalFunction, WeightedEndpoint } from "../../core/model/mesh-snapshot.ts";
import type { AppProtocol } from "../../core/model/service.ts";
import { encodeProxyHeader, readProxyHeader } from "../../mesh-proxy/codec/proxy-protocol.ts";
import { waitUntil } from "../tools/wait-until.ts";
import { createTestMesh, sumOf, type TestMesh, type TestPod, tcpServer, upstream } from "./mesh-proxy-setup.ts";

const listenPort = 15010;
/** A tap that hangs is waited for longer than any test takes. */
const patient = { takenTimeoutMs: 3_600_000, acceptTimeoutMs: 3_600_000 };
let mesh: TestMesh;
let client: TestPod;
let ids: TestPod;
let server: TestPod;

beforeEach(async () => {
  mesh = createTestMesh("127.77.41");
  client = await mesh.pod("client-0", patient);
  ids = await mesh.pod("ids-0", patient);
  server = await mesh.pod("server-0");
});
afterEach(() => mesh.stop());

const tapFunction: LocalFunction = {
  name: "ids",
  port: 1,
  hasProxyProtocol: true,
  failurePolicy: "Block",
  mode: "Tap",
};

function tapHop(port: number, changes: Partial<ForwardingHop> = {}): ForwardingHop {
  const place = { chain: "inspect", spi: 7, serviceIndex: 1, isSymmetric: true, protocol: "tcp" } as const;
  return { ...place, next: [server.endpoint(1)], function: { ...tapFunction, port }, ...changes };
}

interface Tapped {
  readonly appPort: number;
  readonly tapPort: number;
  readonly protocol?: AppProtocol;
  readonly taps?: readonly WeightedEndpoint[];
}

/** client -> server, past ids. */
async function applyTapped({ appPort, tapPort, protocol = "tcp", ...rest }: Tapped): Promise<void> {
  const next = [server.endpoint(appPort)];
  const tap = { function: "ids", serviceIndex: 1, isSymmetric: true, next: rest.taps ?? [ids.endpoint(tapPort)] };
  await server.apply({});
  await ids.apply({ hops: [tapHop(tapPort, { protocol })] });
  const path = { chain: "inspect", spi: 7, serviceIndex: 0, next, taps: [tap] };
  await client.apply({ upstreams: [upstream({ listenPort, protocol, endpoints: next, path })] });
}

interface Copy {
  direction: string | undefined;
  source: string;
  bytes: Buffer;
  /** How its connection ended. */
  end: string;
}

/** A tap that reads everything it is given. */
async function hearingTap(pod: TestPod, host = pod.address): Promise<{ port: number; copies: Copy[] }> {
  const copies: Copy[] = [];
  const app = await tcpServer(host, (socket) => {
    const pieces: Buffer[] = [];
    const copy: Copy = { direction: undefined, source: "", bytes: Buffer.alloc(0), end: "" };
    copies.push(copy);
    const note = (end: string) => {
      const all = Buffer.concat(pieces);
      const header = readProxyHeader(all, 0, all.length);
      if (header.kind !== "header") throw new Error("no PROXY header");
      copy.direction = header.tlvs.direction;
      copy.source = `${header.source?.address}:${header.source?.port}`;
      copy.bytes = all.subarray(header.bytesUsed);
      copy.end = end;
    };
    socket.on("data", (piece: Buffer) => pieces.push(piece));
    socket.on("end", () => {
      note("end");
      socket.end();
    });
    socket.on("error", (error: NodeJS.ErrnoException) => note(error.code ?? ""));
  });
  mesh.onStop(app.close);
  return { port: app.port, copies };
}

async function copiesOf(tap: { copies: readonly Copy[] }, count: number): Promise<readonly [Copy, Copy]> {
  const isThere = () => tap.copies.length === count && tap.copies.every(({ end }) => end !== "");
  await waitUntil(isThere, { what: `${count} copies are over`, timeoutMs: 10_000 });
  const of = (direction: string) => {
    const found = tap.copies.find((copy) => copy.direction === direction);
    if (found === undefined) throw new Error(`no copy of ${direction}`);
    return found;
  };
  return [of("request"), of("response")];
}

async function echo(pod: TestPod): Promise<number> {
  const app = await tcpServer(pod.address, (socket) => socket.pipe(socket));
  mesh.onStop(app.close);
  return app.port;
}

function sampleBytes(byteCount: number): Buffer {
  const bytes = Buffer.alloc(byteCount);
  for (let at = 0; at < bytes.length; at++) bytes[at] = Math.imul(at, 2_654_435_761) >>> 24;
  return bytes;
}

function dialUpstream(): Socket {
  const socket = connect({ host: client.address, port: listenPort, allowHalfOpen: true });
  mesh.onStop(() => socket.destroy());
  return socket;
}

async function exchange(bytes: Buffer): Promise<Buffer> {
  const socket = dialUpstream();
  socket.end(bytes);
  const pieces: Buffer[] = [];
  for await (const piece of socket) pieces.push(piece);
  return Buffer.concat(pieces);
}

function hashOf(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

test("a tap that keeps up gets every byte of both directions, and what it answers goes nowhere", async () => {
  const tap = await hearingTap(ids);
  await applyTapped({ appPort: await echo(server), tapPort: tap.port });
  const bytes = sampleBytes(8_000_001);
  expect(hashOf(await exchange(bytes))).toBe(hashOf(bytes));
  const [up, down] = await copiesOf(tap, 2);
  expect([hashOf(up.bytes), hashOf(down.bytes)]).toEqual([hashOf(bytes), hashOf(bytes)]);
  expect(up.source).toMatch(/^127\.77\.41\.1:\d+$/);
  expect([up.source, up.end, down.end]).toEqual([down.source, "end", "end"]);
  expect(await sumOf(client.proxy, "weft_proxy_tap_losses_total")).toBe(0);
  expect(await sumOf(client.proxy, "weft_proxy_tap_lost_bytes_total")).toBe(0);
});

test("copies are traffic between pods, and none of the chain's demand", async () => {
  const tap = await hearingTap(ids);
  await applyTapped({ appPort: await echo(server), tapPort: tap.port });
  await exchange(sampleBytes(1000));
  await copiesOf(tap, 2);
  for (const [pod, reporter] of [[client, "source"], [ids, "destination"]] as const) // biome-ignore format: pairs
    expect(
      await sumOf(pod.proxy, "istio_tcp_received_bytes_total", {
        reporter,
        source_pod: "client-0",
        destination_pod: "ids-0",
        weft_chain: "",
      }),
    ).toBe(2000);
  const onPath = { weft_chain: "inspect", weft_hop: "0" };
  expect(await sumOf(client.proxy, "istio_tcp_received_bytes_total", onPath)).toBe(1000);
});

describe("the flow is the same, whole and not delayed, past a tap", () => {
  interface Bad {
    readonly name: string;
    /** @returns where copies are sent */
    readonly start: () => Promise<{ readonly port: number; readonly taps?: readonly WeightedEndpoint[] }>;
    /** Once the snapshots are there. */
    readonly spoil?: () => Promise<unknown>;
    readonly reasons: readonly string[];
  }

  const behind = async (onConnection: (socket: Socket) => unknown) => {
    const app = await tcpServer(ids.address, onConnection);
    mesh.onStop(app.close);
    return { port: app.port };
  };
  const insteadOfProxy = async (onConnection: (socket: Socket) => unknown) => {
    const { port } = await behind(onConnection);
    return { port: 1, taps: [{ ...ids.endpoint(1), port }] };
  };
  const bad: readonly Bad[] = [
    { name: "that never reads", start: () => behind((socket) => socket.pause()), reasons: ["overrun"] },
    {
      name: "that resets",
      start: () => behind((socket) => socket.once("data", () => socket.resetAndDestroy())),
      reasons: ["broken"],
    },
    {
      name: "that reads a little of it",
      start: () =>
        behind((socket) => {
          socket.once("data", () => socket.pause());
        }),
      reasons: ["overrun"],
    },
    { name: "that does not listen", start: async () => ({ port: 9 }), reasons: ["refused"] },
    {
      name: "whose pod is gone",
      start: async () => ({ port: 9 }),
      spoil: () => ids.proxy.stop({ drainMs: 0 }),
      reasons: ["refused"],
    },
    { name: "whose proxy hangs", start: () => insteadOfProxy((socket) => socket.pause()), reasons: ["overrun"] },
    {
      name: "whose proxy resets at once",
      start: () => insteadOfProxy((socket) => socket.resetAndDestroy()),
      reasons: ["refused"],
    },
    {
      name: "whose proxy says what no proxy says",
      start: () => insteadOfProxy((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")),
      reasons: ["refused"],
    },
  ];

  test.each(bad)("$name", async ({ start, spoil, reasons }) => {
    const { port, taps } = await start();
    await applyTapped({ appPort: await echo(server), tapPort: port, ...(taps && { taps }) });
    await spoil?.();
    // More than kernels keep for a connection.
    const bytes = sampleBytes(24_000_001);
    expect(hashOf(await exchange(bytes))).toBe(hashOf(bytes));
    const lossesOf = () =>
      Promise.all(reasons.map((reason) => sumOf(client.proxy, "weft_proxy_tap_losses_total", { reason })));
    await waitUntil(async () => (await lossesOf()).reduce((sum, count) => sum + count, 0) === 2, {
      what: "the loss of both directions is counted",
      timeoutMs: 10_000,
    });
    expect(await sumOf(client.proxy, "weft_proxy_tap_lost_bytes_total")).toBeGreaterThan(0);
    expect(await sumOf(client.proxy, "weft_proxy_tap_waiting_bytes")).toBe(0);
    expect(await sumOf(client.proxy, "weft_proxy_failed_flows_total")).toBe(0);
    await waitUntil(async () => (await sumOf(client.proxy, "weft_proxy_connections")) === 0, {
      what: "the flow is over",
      timeoutMs: 10_000,
    });
  });
});

test("what waits for taps stays within the limit of all together, however many flows there are", async () => {
  const tapsBytesMax = 300_000;
  client = await mesh.pod("client-1", { ...patient, tapsBytesMax });
  const hanging = await tcpServer(ids.address, (socket) => socket.pause());
  mesh.onStop(hanging.close);
  await applyTapped({
    appPort: await echo(server),
    tapPort: 1,
    taps: [{ ...ids.endpoint(1), port: hanging.port }],
  });
  const bytes = sampleBytes(40_000);
  const waiting: number[] = [];
  const exchangeOnce = async () => {
    expect(hashOf(await exchange(bytes))).toBe(hashOf(bytes));
    waiting.push(await sumOf(client.proxy, "weft_proxy_tap_waiting_bytes"));
  };
  await Promise.all(Array.from({ length: 20 }, exchangeOnce));
  expect(Math.max(...waiting)).toBeGreaterThan(200_000);
  expect(Math.max(...waiting)).toBeLessThanOrEqual(tapsBytesMax);
  expect(await sumOf(client.proxy, "weft_proxy_tap_losses_total", { reason: "overrun" })).toBeGreaterThan(0);
});

test("flows are shared out among a tap's instances, both directions of one to the same", async () => {
  const other = await mesh.pod("ids-1", patient);
  const [one, two] = [await hearingTap(ids), await hearingTap(other)];
  await applyTapped({
    appPort: await echo(server),
    tapPort: one.port,
    taps: [ids.endpoint(one.port), other.endpoint(two.port)],
  });
  await other.apply({ hops: [tapHop(two.port)] });
  const flowCount = 40;
  for (let count = 0; count < flowCount; count++) await exchange(Buffer.from("x"));
  const isHeard = () => one.copies.length + two.copies.length === 2 * flowCount;
  await waitUntil(() => isHeard() && [...one.copies, ...two.copies].every(({ end }) => end === "end"), {
    what: "all copies",
    timeoutMs: 10_000,
  });
  const flowsOf = ({ copies }: typeof one) => new Set(copies.map(({ source }) => source));
  expect(flowsOf(one).intersection(flowsOf(two)).size).toBe(0);
  expect(Math.min(flowsOf(one).size, flowsOf(two).size)).toBeGreaterThan(5);
});

test("a flow that is reset is not copied as a whole one", async () => {
  const tap = await hearingTap(ids);
  await applyTapped({ appPort: await echo(server), tapPort: tap.port });
  const socket = dialUpstream();
  socket.write("half");
  await once(socket, "data");
  socket.resetAndDestroy();
  const [up, down] = await copiesOf(tap, 2);
  expect([up.end, down.end]).toEqual(["ECONNRESET", "ECONNRESET"]);
});

/** What an application was sent and answered, byte by byte. */
async function recordingApp(
  answer: (text: string) => string,
): Promise<{ port: number; heard: string[]; said: string[] }> {
  const [heard, said]: [string[], string[]] = [[], []];
  const app = await tcpServer(server.address, (socket) => {
    socket.on("data", (bytes: Buffer) => {
      heard.push(bytes.toString("latin1"));
      const text = answer(bytes.toString("latin1"));
      said.push(text);
      socket.write(text);
    });
    socket.on("end", () => socket.end());
  });
  mesh.onStop(app.close);
  return { port: app.port, heard, said };
}

const answerTo = (text: string) =>
  (text.match(/(GET|POST) \S+/g) ?? [])
    .map((line) => `HTTP/1.1 200 OK\r\nContent-Length: ${line.length}\r\n\r\n${line}`)
    .join("");

async function askTwice(): Promise<string> {
  const socket = dialUpstream();
  let answer = "";
  socket.on("data", (piece) => {
    answer += piece;
  });
  socket.write("POST /one HTTP/1.1\r\nHost: dn\r\nContent-Length: 5\r\n\r\nfirst");
  await waitUntil(() => answer.includes("POST /one"), { what: "the first answer", timeoutMs: 5000 });
  socket.end("GET /two HTTP/1.1\r\nHost: dn\r\n\r\n");
  await once(socket, "end");
  return answer;
}

test("requests of HTTP/1.1 are copied as the application gets them, and so are its answers", async () => {
  const tap = await hearingTap(ids);
  const app = await recordingApp(answerTo);
  await applyTapped({ appPort: app.port, tapPort: tap.port, protocol: "http1" });
  expect(await askTwice()).toBe(app.said.join(""));
  const [up, down] = await copiesOf(tap, 2);
  expect(up.bytes.toString("latin1")).toBe(app.heard.join(""));
  expect(down.bytes.toString("latin1")).toBe(app.said.join(""));
  expect(app.heard.join("")).toMatch(/^POST \/one[\s\S]*first[\s\S]*GET \/two/);
  expect(app.heard.join("")).not.toContain("weft-nsh");
});

test("a request of HTTP/1.1 that is sent once more is copied once more", async () => {
  const tap = await hearingTap(ids);
  const other = await mesh.pod("server-1");
  const app = await tcpServer(other.address, (socket) => {
    socket.on("data", (bytes: Buffer) => socket.write(answerTo(bytes.toString("latin1"))));
    socket.on("end", () => socket.end());
  });
  mesh.onStop(app.close);
  await applyTapped({ appPort: 9, tapPort: tap.port, protocol: "http1" });
  await other.apply({});
  // The first has no application, which its proxy says of the request.
  const next = [server.endpoint(9, 1), other.endpoint(app.port, 0)];
  const taps = [{ function: "ids", serviceIndex: 1, isSymmetric: true, next: [ids.endpoint(tap.port)] }];
  const path = { chain: "inspect", spi: 7, serviceIndex: 0, next, taps };
  await client.apply({ upstreams: [upstream({ listenPort, protocol: "http1", endpoints: next, path })] });
  const request = "GET /one HTTP/1.1\r\nHost: dn\r\n\r\n";
  expect((await exchange(Buffer.from(request))).toString()).toBe(answerTo(request));
  await waitUntil(() => tap.copies.length === 4 && tap.copies.every(({ end }) => end !== ""), {
    what: "copies of both attempts are over",
    timeoutMs: 10_000,
  });
  const whole = tap.copies.filter(({ end }) => end === "end").map(({ bytes }) => bytes.toString());
  expect(whole.toSorted()).toEqual([request, request, answerTo(request)]);
});

test("h2c is copied byte by byte", async () => {
  const tap = await hearingTap(ids);
  const app = createH2Server();
  const [heard, said]: [Buffer[], Buffer[]] = [[], []];
  app.on("stream", (stream: ServerHttp2Stream) => {
    stream.respond({ ":status": 200 });
    stream.pipe(stream);
  });
  app.listen(0, server.address);
  await once(app, "listening");
  mesh.onStop(() => app.close());
  // Between the proxy and the application, to record what the application really got.
  const recorder = await tcpServer(server.address, (socket) => {
    const inner = connect({ host: server.address, port: (app.address() as { port: number }).port });
    socket.on("data", (bytes: Buffer) => heard.push(bytes));
    inner.on("data", (bytes: Buffer) => said.push(bytes));
    inner.on("error", () => {});
    socket.pipe(inner).pipe(socket);
  });
  mesh.onStop(recorder.close);
  await applyTapped({ appPort: recorder.port, tapPort: tap.port, protocol: "h2c" });
  const session = connectH2(`http://${client.address}:${listenPort}`);
  const stream = session.request({ ":method": "POST", ":path": "/" });
  stream.end("past the tap");
  let answer = "";
  for await (const piece of stream) answer += piece;
  expect(answer).toBe("past the tap");
  session.close();
  const [up, down] = await copiesOf(tap, 2);
  expect(up.bytes.equals(Buffer.concat(heard))).toBe(true);
  expect(down.bytes.equals(Buffer.concat(said))).toBe(true);
});

describe("a tap behind a function", () => {
  /** client -> upper -> server, past ids. */
  async function applyBehind(protocol: AppProtocol, tapPort: number, appPort: number): Promise<void> {
    const upper = await mesh.pod("upper-0");
    const app = await tcpServer(upper.address, (socket) => {
      socket.on("data", (bytes: Buffer) =>
        socket.write(bytes.toString("latin1").replaceAll("first", "FIRST"), "latin1"),
      );
      socket.on("end", () => socket.end());
    });
    mesh.onStop(app.close);
    const forwarding = {
      ...tapFunction,
      name: "upper",
      port: app.port,
      hasProxyProtocol: false,
      mode: "Forward",
    } as const;
    const tap = { function: "ids", serviceIndex: 1, isSymmetric: true, next: [ids.endpoint(tapPort)] };
    const next = [server.endpoint(appPort)];
    await server.apply({});
    await ids.apply({ hops: [tapHop(tapPort, { protocol })] });
    await upper.apply({
      hops: [
        tapHop(app.port, { serviceIndex: 2, nextServiceIndex: 0, function: forwarding, next, taps: [tap], protocol }),
      ],
    });
    const path = { chain: "inspect", spi: 7, serviceIndex: 2, next: [upper.endpoint(app.port)] };
    await client.apply({ upstreams: [upstream({ listenPort, protocol, endpoints: next, path })] });
  }

  test.each(["tcp", "http1"] as const)("gets what the function gives back, of %s", async (protocol) => {
    const tap = await hearingTap(ids);
    const app = await recordingApp(answerTo);
    await applyBehind(protocol, tap.port, app.port);
    expect(await askTwice()).toBe(app.said.join(""));
    const [up, down] = await copiesOf(tap, 2);
    expect(up.bytes.toString("latin1")).toBe(app.heard.join(""));
    expect(up.bytes.toString("latin1")).toContain("FIRST");
    expect(down.bytes.toString("latin1")).toBe(app.said.join(""));
  });
});

test("copies are taken for taps only, and from peers only", async () => {
  const tap = await hearingTap(ids);
  await applyTapped({ appPort: await echo(server), tapPort: tap.port });
  const send = async (servicePath: { spi: number; serviceIndex: number }, pod: TestPod, localAddress: string) => {
    const { host, port } = pod.proxy.addresses.mesh;
    const socket = connect({ host, port, localAddress });
    const endpoint = { address: client.address, port: 1 };
    const tlvs = { servicePath: { ...servicePath, ttl: 63 }, copyOf: "request", wantsNotices: true } as const;
    socket.write(encodeProxyHeader({ source: endpoint, destination: endpoint, tlvs }));
    let answer = "";
    try {
      for await (const piece of socket) answer += piece;
    } catch {}
    return answer;
  };
  expect(await send({ spi: 7, serviceIndex: 2 }, ids, client.address)).toBe("W0W3");
  expect(await send({ spi: 7, serviceIndex: 1 }, server, client.address)).toBe("W0W3");
  expect(await send({ spi: 7, serviceIndex: 1 }, ids, "127.77.41.200")).toBe("");
  expect(tap.copies).toEqual([]);
});
