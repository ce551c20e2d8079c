/** What a classifier's proxy counts of the traffic that it puts on a path. */
import { once } from "node:events";
import { Agent, request } from "node:http";
import { connect as connectH2, createServer as createH2Server, type ServerHttp2Stream } from "node:http2";
import { connect } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { AppProtocol } from "../../core/model/service.ts";
import { createTestMesh, sumOf, type TestMesh, type TestPod, tcpServer, upstream } from "./mesh-proxy-setup.ts";

const listenPort = 15010;
let mesh: TestMesh;
let client: TestPod;
let forwarder: TestPod;
let server: TestPod;
let functionApp: { readonly port: number; close(): void };

beforeEach(async () => {
  mesh = createTestMesh("127.77.61");
  client = await mesh.pod("client-0", { ejectionMs: 1 });
  forwarder = await mesh.pod("fw-0");
  server = await mesh.pod("server-0");
  functionApp = await tcpServer(forwarder.address, (socket) => {
    socket.on("data", (bytes: Buffer) => socket.write(bytes));
    socket.on("end", () => socket.end());
  });
  mesh.onStop(functionApp.close);
});
afterEach(() => mesh.stop());

async function applyPath(protocol: AppProtocol, appPort: number, spi = 7): Promise<void> {
  const chain = "n6";
  const local = { name: "fw", port: functionApp.port, hasProxyProtocol: false, failurePolicy: "Block", mode: "Forward" } as const; // biome-ignore format: short
  const hop = { chain, spi, serviceIndex: 1, next: [server.endpoint(appPort)], isSymmetric: false, protocol };
  await server.apply({});
  await forwarder.apply({ hops: [{ ...hop, function: local }] });
  const path = { chain, spi, serviceIndex: 1, next: [forwarder.endpoint(functionApp.port)] };
  await client.apply({ upstreams: [upstream({ listenPort, protocol, endpoints: [server.endpoint(appPort)], path })] });
}

/** Attempts and failures. */
async function outcomes(spi = 7): Promise<readonly [number, number]> {
  const labels = { weft_chain: "n6", weft_spi: String(spi) };
  const counted = await Promise.all(
    ["attempts", "failures"].map((what) => sumOf(client.proxy, `weft_path_${what}_total`, labels)),
  );
  return [counted[0] ?? Number.NaN, counted[1] ?? Number.NaN];
}

async function flow(text: string): Promise<string> {
  const socket = connect({ host: client.address, port: listenPort, allowHalfOpen: true });
  socket.end(text);
  let answer = "";
  try {
    for await (const piece of socket) answer += piece;
  } catch {
    return "reset";
  }
  return answer;
}

test("TCP flows count as they begin, and fail when they are refused or reset", async () => {
  const app = await tcpServer(server.address, (socket) => {
    socket.on("data", (bytes: Buffer) => (String(bytes) === "break" ? socket.resetAndDestroy() : socket.write(bytes)));
    socket.on("end", () => socket.end());
  });
  mesh.onStop(app.close);
  await applyPath("tcp", app.port);
  for (let at = 0; at < 3; at++) expect(await flow("fine")).toBe("fine");
  expect(await outcomes()).toEqual([3, 0]);
  expect(await flow("break")).toBe("reset");
  expect(await outcomes()).toEqual([4, 1]);
  functionApp.close();
  expect(await flow("fine")).not.toBe("fine");
  expect(await outcomes()).toEqual([5, 2]);
  expect(await sumOf(forwarder.proxy, "weft_path_attempts_total")).toBe(0);
});

/** Answers each request with the status that its path is. */
async function statusServer(): Promise<number> {
  const app = await tcpServer(server.address, (socket) => {
    socket.on("data", (bytes: Buffer) => {
      const status = /^\w+ \/(\d+)/.exec(String(bytes))?.[1] ?? "200";
      if (status === "0") socket.resetAndDestroy();
      else socket.write(`HTTP/1.1 ${status} So\r\nContent-Length: 2\r\n\r\nok`);
    });
    socket.on("end", () => socket.end());
  });
  mesh.onStop(app.close);
  return app.port;
}

test("HTTP/1.1 requests count one by one: statuses from 500, answers of the mesh itself and lost ones fail", async () => {
  const appPort = await statusServer();
  await applyPath("http1", appPort);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  mesh.onStop(() => agent.destroy());
  const ask = async (path: string, method = "GET") => {
    const outgoing = request({ host: client.address, port: listenPort, path, method, agent, headers: { "content-length": "0" } }); // biome-ignore format: short
    outgoing.end();
    const [response] = await once(outgoing, "response");
    for await (const _ of response);
    return response.statusCode as number;
  };
  const statuses: number[] = [];
  for (const path of ["/200", "/404", "/500", "/503"]) statuses.push(await ask(path));
  expect(statuses).toEqual([200, 404, 500, 503]);
  expect(await outcomes()).toEqual([4, 2]);
  expect(await ask("/0", "POST")).toBe(502);
  expect(await outcomes()).toEqual([5, 3]);
  await applyPath("http1", appPort, 8);
  expect(await ask("/200")).toBe(200);
  functionApp.close();
  expect(await ask("/200", "POST")).toBe(503);
  expect(await outcomes(8)).toEqual([2, 1]);
  expect(await outcomes()).toEqual([5, 3]);
});

test("a connection of HTTP/2 counts, and each of its requests", async () => {
  const app = createH2Server();
  app.on("stream", (stream: ServerHttp2Stream, headers) => {
    stream.respond({ ":status": Number(headers[":path"]?.slice(1)) });
    stream.end();
  });
  await new Promise<void>((resolve) => app.listen(0, server.address, resolve));
  mesh.onStop(() => app.close());
  await applyPath("h2c", (app.address() as { port: number }).port);
  const session = connectH2(`http://${client.address}:${listenPort}`);
  mesh.onStop(() => session.destroy());
  for (const status of [200, 500]) {
    const stream = session.request({ ":path": `/${status}` });
    stream.resume();
    await once(stream, "close");
  }
  await expect.poll(() => outcomes()).toEqual([3, 1]);
});
