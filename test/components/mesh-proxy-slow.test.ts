/** An instance that answers slower than the others gets fewer flows, and gets them back. */
import { once } from "node:events";
import { createServer, request } from "node:http";
import { afterEach, beforeEach, expect, test } from "vitest";
import { clock, createTestMesh, type TestMesh, type TestPod, upstream } from "./mesh-proxy-setup.ts";

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
  mesh = createTestMesh("127.77.34");
});
afterEach(() => mesh.stop());

async function start(slowPartMin: number): Promise<void> {
  client = await mesh.pod("client-0", { slowPartMin }, { ...clock, nowMs: () => clock.nowMs() + aheadMs });
  const servers = [await serve(0), await serve(1), await serve(2)];
  await client.apply({ upstreams: [upstream({ listenPort, protocol: "http1", endpoints: servers })] });
}

async function serve(at: number) {
  const pod = await mesh.pod(`dn-${at}`);
  const app = createServer((_, response) => {
    answered[at] = (answered[at] ?? 0) + 1;
    if (at === 2) aheadMs += slowness.ms;
    response.end("ok");
  });
  app.listen(8080, pod.address);
  await once(app, "listening");
  mesh.onStop(() => {
    app.closeAllConnections();
    app.close();
  });
  await pod.apply({});
  return pod.endpoint(8080);
}

/** One after the other, each on a connection of its own. @returns how many of them the slow one answered */
async function ask(count: number): Promise<number> {
  const before = answered[2] ?? 0;
  for (let sent = 0; sent < count; sent++) {
    const outgoing = request({ host: client.address, port: listenPort, agent: false });
    outgoing.end();
    const [response] = await once(outgoing, "response");
    expect(response.statusCode).toBe(200);
    for await (const _ of response);
    // Parts are worked out anew every now and then.
    aheadMs += 20;
  }
  return (answered[2] ?? 0) - before;
}

test("a slow instance keeps a small part of its flows, and is heard of when it gets better", async () => {
  await start(0.1);
  await ask(90);
  expect(await ask(150)).toBeLessThan(30);
  slowness.ms = 0;
  // What it was is forgotten after half a minute without an answer, or answer by answer.
  aheadMs += 31_000;
  expect(await ask(150)).toBeGreaterThan(25);
});

test("by default the split is what it was told to be", async () => {
  await start(1);
  expect(await ask(150)).toBeGreaterThan(25);
});
