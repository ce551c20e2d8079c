/** An instance that answers slower than the others gets fewer flows, and gets them back. */
import { once } from "node:events";
import { createServer, request } from "node:http";
import { connect as connectH2, createServer as createH2Server, type ServerHttp2Session } from "node:http2";
import { afterEach, beforeEach, expect, test } from "vitest";
import { clock, createTestMesh, type TestMesh, type TestPod, upstream } from "./mesh-proxy-setup.ts";

type HttpProtocol = "http1" | "h2c";
const listenPort = 15010;
let mesh: TestMesh;
let client: TestPod;
/** By how much the client's clock is ahead of the system's: what a slow answer adds to, instead of taking its time. */
let aheadMs: number;
let slowness: { ms: number };
let answered: number[];

beforeEach(async () => {
  aheadMs = 0;
  slowness = { ms: 2000 };
  answered = [0, 0, 0];
  mesh = createTestMesh("127.78.53");
});
afterEach(() => mesh.stop());

async function start(protocol: HttpProtocol, slowPartMin = 0.1): Promise<void> {
  client = await mesh.pod("client-0", { slowPartMin }, { ...clock, nowMs: () => clock.nowMs() + aheadMs });
  const servers = [await serve(protocol, 0), await serve(protocol, 1), await serve(protocol, 2)];
  await client.apply({ upstreams: [upstream({ listenPort, protocol, endpoints: servers })] });
}

async function serve(protocol: HttpProtocol, at: number) {
  const pod = await mesh.pod(`dn-${at}`);
  const answer = (_: unknown, response: { end(text: string): unknown }) => {
    answered[at] = (answered[at] ?? 0) + 1;
    if (at === 2) aheadMs += slowness.ms;
    response.end("ok");
  };
  const sessions = new Set<ServerHttp2Session>();
  const app = protocol === "http1" ? createServer(answer) : createH2Server(answer);
  app.on("session", (session: ServerHttp2Session) => sessions.add(session));
  app.listen(8080, pod.address);
  await once(app, "listening");
  mesh.onStop(() => {
    for (const session of sessions) session.destroy();
    app.close();
  });
  await pod.apply({});
  return pod.endpoint(8080);
}

/** One after the other, each on a connection of its own. @returns how many of them the slow one answered */
async function ask(protocol: HttpProtocol, count: number): Promise<number> {
  const before = answered[2] ?? 0;
  for (let sent = 0; sent < count; sent++) {
    expect(await (protocol === "http1" ? askHttp1() : askHttp2())).toBe(200);
    // Parts are worked out anew every now and then.
    aheadMs += 20;
  }
  return (answered[2] ?? 0) - before;
}

async function askHttp1(): Promise<number> {
  const outgoing = request({ host: client.address, port: listenPort, agent: false });
  outgoing.end();
  const [response] = await once(outgoing, "response");
  for await (const _ of response);
  return response.statusCode;
}

async function askHttp2(): Promise<number> {
  const session = connectH2(`http://${client.address}:${listenPort}`);
  const stream = session.request();
  const [fields] = await once(stream, "response");
  for await (const _ of stream);
  session.close();
  return fields[":status"];
}

test.each(["http1", "h2c"] as const)(
  "a slow instance of %s keeps a small part of its flows, and is heard of when it gets better",
  async (protocol) => {
    await start(protocol);
    await ask(protocol, 90);
    expect(await ask(protocol, 150)).toBeLessThan(30);
    slowness.ms = 0;
    // What it was is forgotten after half a minute without an answer, or answer by answer.
    aheadMs += 31_000;
    expect(await ask(protocol, 150)).toBeGreaterThan(25);
  },
);

test("by default the split is what it was told to be", async () => {
  await start("http1", 1);
  expect(await ask("http1", 150)).toBeGreaterThan(25);
});
