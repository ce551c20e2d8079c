import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ForwardingHop } from "../../core/model/mesh-snapshot.ts";
import { encodeProxyHeader } from "../../mesh-proxy/codec/proxy-protocol.ts";
import { formatServicePathHeader } from "../../mesh-proxy/codec/service-path-header.ts";
import { waitUntil } from "../tools/wait-until.ts";
import { createTestMesh, sumOf, type TestMesh, type TestPod, tcpServer, upstream } from "./mesh-proxy-setup.ts";

const listenPort = 15010;
let mesh: TestMesh;
let client: TestPod;
let server: TestPod;

beforeEach(async () => {
  mesh = createTestMesh("127.78.55");
  client = await mesh.pod("client-0", { connectTimeoutMs: 500 });
  server = await mesh.pod("server-0", { connectTimeoutMs: 500 });
});
afterEach(() => mesh.stop());

async function serve(onConnection: (socket: Socket) => unknown, protocol: "http1" | "tcp" = "http1"): Promise<void> {
  const app = await tcpServer(server.address, onConnection);
  mesh.onStop(app.close);
  await server.apply({});
  await client.apply({ upstreams: [upstream({ listenPort, protocol, endpoints: [server.endpoint(app.port)] })] });
}

function dialUpstream(port = listenPort): Socket {
  const socket = connect({ host: client.address, port, allowHalfOpen: true });
  socket.on("error", () => {});
  mesh.onStop(() => socket.destroy());
  return socket;
}

/** Everything that comes until the end of stream or a reset. */
async function allOf(socket: Socket): Promise<string> {
  let text = "";
  try {
    for await (const piece of socket.iterator({ destroyOnReturn: false })) text += piece.toString("latin1");
  } catch {
    text += "<reset>";
  }
  socket.end();
  return text;
}

async function flowsEnd(pod: TestPod): Promise<void> {
  await waitUntil(async () => (await sumOf(pod.proxy, "weft_proxy_connections")) === 0, {
    what: `the flows of ${pod.name} are over`,
    timeoutMs: 3000,
    pollMs: 20,
  });
}

/** Answers every request without a body that it finds, with its target. */
function answerTargets(socket: Socket): void {
  let text = "";
  socket.on("data", (bytes) => {
    text += bytes.toString("latin1");
    for (let end = text.indexOf("\r\n\r\n"); end >= 0; end = text.indexOf("\r\n\r\n")) {
      const target = text.split(" ")[1] ?? "";
      text = text.slice(end + 4);
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${target.length}\r\n\r\n${target}`);
    }
  });
  socket.on("end", () => socket.end());
}

const leftovers: readonly { readonly name: string; readonly bytes: string; readonly answers: number }[] = [
  { name: "an empty line and nothing else", bytes: "\r\n", answers: 0 },
  { name: "a request and an empty line", bytes: "GET /a HTTP/1.1\r\n\r\n\r\n", answers: 1 },
  { name: "nothing", bytes: "", answers: 0 },
  { name: "a request and half of the next", bytes: "GET /a HTTP/1.1\r\n\r\nGET /b HT", answers: 1 },
];

describe("a client that ends its side is answered what it asked, and its flow ends, after", () => {
  test.each(leftovers)("$name", async ({ bytes, answers }) => {
    await serve(answerTargets);
    const socket = dialUpstream();
    socket.end(bytes);
    const text = await allOf(socket);
    expect(text.split("HTTP/1.1 200").length - 1).toBe(answers);
    await flowsEnd(client);
    await flowsEnd(server);
  });
});

const flaps: readonly { readonly name: string; readonly ports: readonly (readonly number[])[] }[] = [
  { name: "a port comes and goes", ports: [[15011], []] },
  { name: "a port goes and comes back", ports: [[], [listenPort]] },
  { name: "a port comes, goes and comes", ports: [[15011], [], [15011]] },
  { name: "ports change places many times", ports: [[15011], [15012, listenPort], [], [15011], [listenPort], [15012]] },
];

describe("the last of several snapshots at once decides which ports listen, when", () => {
  test.each(flaps)("$name", async ({ ports }) => {
    await serve(answerTargets);
    const upstreamAt = (port: number) => upstream({ listenPort: port, endpoints: [] });
    await Promise.all(ports.map((listed) => client.apply({ upstreams: listed.map(upstreamAt) })));
    expect(await client.proxy.upstreamPorts()).toEqual(ports.at(-1));
    for (const port of [listenPort, 15011, 15012]) {
      const socket = dialUpstream(port);
      const isListening = await new Promise((resolve) => {
        socket.on("connect", () => resolve(true));
        socket.on("error", (error) => resolve(!/ECONNREFUSED/.test(error.message)));
      });
      expect([port, isListening]).toEqual([port, ports.at(-1)?.includes(port)]);
    }
  });
});

test("an upstream port that is taken is counted, holds no other up, and listens once it is free", async () => {
  await serve(answerTargets);
  const other = await tcpServer(client.address, () => {}, 15012);
  mesh.onStop(other.close);
  const upstreams = [15011, 15012, 15013].map((port) => upstream({ listenPort: port, endpoints: [] }));
  await client.apply({ upstreams });
  expect(await client.proxy.upstreamPorts()).toEqual([15011, 15013]);
  expect(await sumOf(client.proxy, "weft_proxy_listen_failures_total")).toBeGreaterThan(0);
  other.close();
  await waitUntil(async () => (await client.proxy.upstreamPorts()).includes(15012), {
    what: "port 15012 listens",
    timeoutMs: 5000,
  });
});

test("a proxy that stops while a snapshot arrives leaves no listener behind", async () => {
  await serve(answerTargets);
  void client.apply({ upstreams: [upstream({ listenPort: 15011, endpoints: [] })] });
  await client.proxy.stop({ drainMs: 0 });
  expect(await client.proxy.upstreamPorts()).toEqual([]);
  const socket = dialUpstream(15011);
  const [error] = await once(socket, "error");
  expect(error.code).toBe("ECONNREFUSED");
});

test("a connection is counted as closed once, however its legs end", async () => {
  // The first connection does not end before it is reset, the second one ends with its client.
  const gone = Promise.withResolvers<void>();
  let connectionCount = 0;
  const app = await tcpServer(server.address, (socket) => {
    answerTargets(socket);
    if (++connectionCount > 1) return;
    socket.removeAllListeners("end");
    // Only a write tells of the reset.
    socket.once("end", () => {
      const writing = setInterval(() => socket.write("."), 20);
      socket.on("close", () => {
        clearInterval(writing);
        gone.resolve();
      });
    });
  });
  mesh.onStop(app.close);
  await server.apply({});
  const { mesh: at } = server.proxy.addresses;
  const socket = connect({ ...at, localAddress: client.address });
  mesh.onStop(() => socket.destroy());
  const destination = { address: server.address, port: app.port };
  const source = { address: client.address, port: 1 };
  socket.write(encodeProxyHeader({ source, destination, tlvs: { perRequest: true } }));
  for (const spi of [5, 6]) {
    const servicePath = formatServicePathHeader({ spi, serviceIndex: 0, ttl: 9 });
    socket.write(`GET /${spi} HTTP/1.1\r\nweft-nsh: ${servicePath}\r\n\r\n`);
    const [answer] = await once(socket, "data");
    expect(`${answer}`).toMatch(/\/[56]$/);
  }
  socket.end();
  await once(socket, "close");
  await gone.promise;
  await flowsEnd(server);
  for (const weft_spi of ["5", "6"]) {
    expect(await sumOf(server.proxy, "istio_tcp_connections_opened_total", { weft_spi })).toBe(1);
    expect(await sumOf(server.proxy, "istio_tcp_connections_closed_total", { weft_spi })).toBe(1);
  }
});

test("what an application says behind its last response changes nothing of it", async () => {
  await serve((socket) => {
    socket.once("data", () => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n\r\n"));
  });
  const socket = dialUpstream();
  socket.write("GET / HTTP/1.1\r\n\r\n");
  expect(await allOf(socket)).toBe("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
});

test("of two pipelined requests the first keeps its response when the second one's is none", async () => {
  await serve((socket) => {
    socket.once("data", () => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 abc\r\n\r\n"));
  });
  const socket = dialUpstream();
  socket.write("GET /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\n");
  expect(await allOf(socket)).toMatch(/^HTTP\/1\.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP\/1\.1 502 /);
});

test("a request that was answered early is not answered again when its body turns out malformed", async () => {
  await serve((socket) => {
    socket.once("data", () => socket.write("HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno"));
  });
  const socket = dialUpstream();
  socket.write("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
  let answer = "";
  socket.on("data", (bytes) => {
    answer += bytes;
    if (answer.endsWith("no")) socket.write("no chunk\r\n");
  });
  await once(socket, "end");
  expect(answer).toBe("HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno");
});

test("the body of a request that was answered early arrives as it was sent, as far as it arrives", async () => {
  const body = Buffer.alloc(24_000_000);
  for (let i = 0; i < body.length; i += 4) body.writeUInt32BE(i, i);
  const received = Promise.withResolvers<Buffer>();
  await serve((socket) => {
    socket.once("data", (first: Buffer) => {
      socket.pause();
      socket.write("HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
      setTimeout(async () => {
        const pieces: Buffer[] = [first];
        try {
          for await (const piece of socket) pieces.push(piece);
        } catch {}
        received.resolve(Buffer.concat(pieces));
      }, 200);
    });
  });
  const socket = dialUpstream();
  socket.write(`POST / HTTP/1.1\r\nContent-Length: ${body.length}\r\n\r\n`);
  socket.write(body);
  socket.resume();
  const got = await received.promise;
  const content = got.subarray(got.indexOf("\r\n\r\n") + 4);
  expect(content.length).toBeGreaterThan(0);
  expect(content.equals(body.subarray(0, content.length))).toBe(true);
});

test("a function in mode Tap that never closes does not keep the flow it tapped", async () => {
  const tap = await tcpServer(server.address, (socket) => socket.resume());
  mesh.onStop(tap.close);
  const last = await mesh.pod("last-0");
  const app = await tcpServer(last.address, (socket) => socket.pipe(socket));
  mesh.onStop(app.close);
  const next = [last.endpoint(app.port)];
  const tapping = {
    name: "tap",
    port: tap.port,
    hasProxyProtocol: false,
    failurePolicy: "Bypass",
    mode: "Tap",
  } as const;
  const hop: ForwardingHop = {
    chain: "core/chain",
    spi: 9,
    serviceIndex: 1,
    next,
    isSymmetric: true,
    protocol: "tcp",
    function: tapping,
  };
  await last.apply({});
  await server.apply({ hops: [hop] });
  const path = { chain: "core/chain", spi: 9, serviceIndex: 1, next: [server.endpoint(tap.port)] };
  await client.apply({ upstreams: [upstream({ listenPort, protocol: "tcp", endpoints: next, path })] });
  const socket = dialUpstream();
  socket.end("copied");
  expect(await allOf(socket)).toBe("copied");
  await flowsEnd(client);
  await flowsEnd(server);
});

test("labels with quotes, backslashes and line feeds are read back as they are", async () => {
  const node = 'a"b\\c\nd{},=';
  const peers = [client.peer, { ...server.peer, node, app: 'x"\n' }];
  const app = await tcpServer(server.address, (socket) => socket.pipe(socket));
  mesh.onStop(app.close);
  await serve(() => {});
  const snapshot = { version: 1_000_000, peers, hops: [] };
  server.source.publish({ ...snapshot, proxy: server.peer.pod, upstreams: [] });
  const upstreams = [upstream({ listenPort, endpoints: [server.endpoint(app.port)] })];
  client.source.publish({ ...snapshot, proxy: client.peer.pod, upstreams });
  await client.proxy.whenRunning(1_000_000);
  const socket = dialUpstream();
  socket.end("12345");
  expect(await allOf(socket)).toBe("12345");
  const labels = { destination_node: node, destination_app: 'x"\n' };
  expect(await sumOf(client.proxy, "istio_tcp_sent_bytes_total", labels)).toBe(5);
  expect(await sumOf(server.proxy, "istio_tcp_received_bytes_total", labels)).toBe(5);
});

const smuggled = "GET /smuggled HTTP/1.1\r\n\r\n";
const attempts: readonly { readonly name: string; readonly bytes: string }[] = [
  {
    name: "Content-Length and chunked",
    bytes: `POST /a HTTP/1.1\r\nContent-Length: ${smuggled.length + 5}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`,
  },
  {
    name: "chunked and Content-Length",
    bytes: `POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n5c\r\n${smuggled}0\r\n\r\n`,
  },
  {
    name: "a folded Transfer-Encoding",
    bytes: `POST /a HTTP/1.1\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n${smuggled}`,
  },
  { name: "a space before the colon", bytes: `POST /a HTTP/1.1\r\nContent-Length : 5\r\n\r\n${smuggled}` },
  { name: "a line feed without CR", bytes: `POST /a HTTP/1.1\nContent-Length: 5\n\n${smuggled}` },
  {
    name: "a header that ends with a bare line feed",
    bytes: `POST /a HTTP/1.1\r\nX: y\nContent-Length: 5\r\n\r\n${smuggled}`,
  },
  {
    name: "two lengths",
    bytes: `POST /a HTTP/1.1\r\nContent-Length: 0\r\nContent-Length: ${smuggled.length}\r\n\r\n${smuggled}`,
  },
  { name: "a list of lengths", bytes: `POST /a HTTP/1.1\r\nContent-Length: 0, ${smuggled.length}\r\n\r\n${smuggled}` },
  { name: "a length with a sign", bytes: `POST /a HTTP/1.1\r\nContent-Length: +0\r\n\r\n${smuggled}` },
  {
    name: "a length beyond any number",
    bytes: `POST /a HTTP/1.1\r\nContent-Length: 18446744073709551616\r\n\r\n${smuggled}`,
  },
  { name: "two codings", bytes: `POST /a HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n${smuggled}` },
  {
    name: "a coding in disguise",
    bytes: `POST /a HTTP/1.1\r\nTransfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n${smuggled}`,
  },
  {
    name: "two Transfer-Encodings",
    bytes: `POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n${smuggled}`,
  },
  {
    name: "a chunk size with a prefix",
    bytes: `POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0x0\r\n\r\n${smuggled}`,
  },
  {
    name: "a chunk extension with a line feed",
    bytes: `POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0;a\nb\r\n\r\n${smuggled}`,
  },
  {
    name: "a chunk longer than it says",
    bytes: `POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n${smuggled}`,
  },
  { name: "chunks in HTTP/1.0", bytes: `POST /a HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}` },
  { name: "NUL in a header", bytes: `POST /a HTTP/1.1\r\nX: a\0b\r\n\r\n${smuggled}` },
];

describe("nothing is smuggled past two proxies by", () => {
  test.each(attempts)("$name", async ({ bytes }) => {
    let seen = "";
    await serve((socket) => {
      socket.on("data", (piece) => {
        seen += piece.toString("latin1");
      });
      answerTargets(socket);
    });
    const socket = dialUpstream();
    socket.write(`GET /before HTTP/1.1\r\n\r\n${bytes}`, "latin1");
    const answer = await allOf(socket);
    // The application may have answered before the body turned out malformed.
    expect(answer).toMatch(
      /^HTTP\/1\.1 200 OK\r\nContent-Length: 7\r\n\r\n\/beforeHTTP\/1\.1 (400 Bad Request|200 OK\r\nContent-Length: 2\r\n\r\n\/a$)/,
    );
    expect(answer.split("HTTP/1.1 ").length - 1).toBe(2);
    expect(seen).not.toContain("/smuggled");
    await flowsEnd(client);
  });
});

test("responses that end with the connection, have no body, or come byte by byte arrive as they were sent", async () => {
  const responses: Record<string, string> = {
    "/until-close": "HTTP/1.0 200 OK\r\n\r\nuntil the end",
    "/none": "HTTP/1.1 304 Not Modified\r\nContent-Length: 1000\r\n\r\n",
    "/interim":
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
    "/chunks": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n0\r\nX: y\r\n\r\n",
  };
  await serve((socket) => {
    socket.on("data", async (bytes) => {
      const target = bytes.toString("latin1").split(" ")[1] ?? "";
      for (const character of responses[target] ?? "") {
        socket.write(character);
        await new Promise(setImmediate);
      }
      if (target === "/until-close") socket.end();
    });
    socket.on("end", () => socket.end());
  });
  const socket = dialUpstream();
  const ended = once(socket, "end");
  let wanted = "";
  let text = "";
  socket.on("data", (bytes) => {
    text += bytes.toString("latin1");
  });
  for (const target of ["/none", "/interim", "/chunks", "/until-close"]) {
    wanted += responses[target];
    for (const character of `${target === "/none" ? "HEAD" : "GET"} ${target} HTTP/1.1\r\nHost: x\r\n\r\n`) {
      socket.write(character);
      await new Promise(setImmediate);
    }
    await waitUntil(() => text.length >= wanted.length, { what: target, timeoutMs: 3000, pollMs: 5 });
    expect(text).toBe(wanted);
  }
  await ended;
  socket.end();
  await flowsEnd(client);
  expect(await sumOf(client.proxy, "istio_requests_total", { response_code: "204" })).toBe(1);
  // The server's 304, 204 and 200 as chunks are followed by the one that ends with its connection.
  expect(await sumOf(server.proxy, "istio_requests_total")).toBe(4);
});
