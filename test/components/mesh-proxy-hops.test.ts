/** What proxies tell of a chain, hop by hop. */
import { once } from "node:events";
import { connect as connectH2, createServer as createH2Server, type ServerHttp2Stream } from "node:http2";
import { afterEach, beforeEach, expect, test } from "vitest";
import { waitUntil } from "../tools/wait-until.ts";
import {
  applyPath,
  ask,
  createPathMesh,
  echoApp,
  exchange,
  httpApp,
  listenPort,
  type PathMesh,
  passingFunction,
} from "./mesh-proxy-path-setup.ts";
import { clock, samplesOf, sumOf, type TestPod, tcpServer } from "./mesh-proxy-setup.ts";

let all: PathMesh;
/** What the clock of the first hop shows: its function takes as long as the test says. */
let nowMs: number;

beforeEach(async () => {
  nowMs = 1000;
  all = await createPathMesh("127.78.54", { first: { ...clock, nowMs: () => nowMs } });
});
afterEach(() => all.mesh.stop());

function hops(): readonly (readonly [TestPod, string, string])[] {
  const { client, first, second, server } = all;
  return [
    [client, "classifier", ""],
    [first, "2", "fw"],
    [second, "1", "dpi"],
    [server, "0", ""],
  ];
}

async function takeTime(): Promise<void> {
  nowMs += 30;
}

async function errorsAt(pod: TestPod): Promise<Readonly<Record<string, number>>> {
  const samples = await samplesOf(pod.proxy, "weft_hop_errors_total");
  return Object.fromEntries(samples.map(({ labels, value }) => [labels.get("reason") ?? "", value]));
}

test("every hop counts connections, and how long until it and all behind it took them", async () => {
  const ports = {
    first: (await passingFunction(all, all.first)).port,
    second: (await passingFunction(all, all.second)).port,
    app: await echoApp(all),
  };
  await applyPath(all, { ports });
  for (const text of ["a", "b"]) expect(await exchange(all, text)).toBe(text);
  for (const [pod, hop, name] of hops()) {
    const labels = { weft_namespace: "core", weft_chain: "n6", weft_spi: "7", weft_hop: hop, weft_function: name };
    expect(await sumOf(pod.proxy, "weft_hop_connections_total", labels)).toBe(2);
    expect(await sumOf(pod.proxy, "weft_hop_answer_seconds_count", { ...labels, of: "connection" })).toBe(2);
    expect(await errorsAt(pod)).toEqual({});
  }
  expect(await sumOf(all.second.proxy, "weft_hop_function_seconds_count", { weft_function: "dpi" })).toBe(2);
  expect(await samplesOf(all.server.proxy, "weft_hop_function_seconds_count")).toEqual([]);
});

test("the time in a function is from a flow's first bytes in to the first bytes out", async () => {
  const slow = await passingFunction(all, all.first, takeTime);
  const ports = { first: slow.port, second: (await passingFunction(all, all.second)).port, app: await echoApp(all) };
  await applyPath(all, { ports });
  await exchange(all, "x");
  expect(await sumOf(all.first.proxy, "weft_hop_function_seconds_sum")).toBeCloseTo(0.03, 9);
  expect(await sumOf(all.first.proxy, "weft_hop_function_seconds_bucket", { le: "0.025" })).toBe(0);
  expect(await sumOf(all.first.proxy, "weft_hop_function_seconds_bucket", { le: "0.05" })).toBe(1);
});

test("on HTTP/1.1 every request is timed through the function, and counted with its answer", async () => {
  const slow = await passingFunction(all, all.first, takeTime);
  const ports = {
    first: slow.port,
    second: (await passingFunction(all, all.second)).port,
    app: await httpApp(all, (incoming, response) => {
      response.statusCode = incoming.url === "/broken" ? 500 : 200;
      response.end();
    }),
  };
  await applyPath(all, { protocol: "http1", ports });
  expect([await ask(all, "/"), await ask(all, "/broken")]).toEqual([200, 500]);
  for (const [pod, hop] of hops()) {
    expect(await sumOf(pod.proxy, "weft_hop_requests_total", { weft_hop: hop })).toBe(2);
    expect(await sumOf(pod.proxy, "weft_hop_answer_seconds_count", { weft_hop: hop, of: "request" })).toBe(2);
    expect(await errorsAt(pod)).toEqual({ http_5xx: 1 });
  }
  expect(await sumOf(all.first.proxy, "weft_hop_function_seconds_sum")).toBeCloseTo(0.06, 9);
  // Once towards the destination and once back, for each of the two.
  expect(await sumOf(all.first.proxy, "weft_hop_answer_seconds_sum")).toBeCloseTo(0.12, 9);
});

test("requests of HTTP/2 on a connection that is steered as a whole are counted at every hop", async () => {
  const app = createH2Server();
  app.on("stream", (stream: ServerHttp2Stream) => {
    stream.respond({ ":status": 503 });
    stream.end();
  });
  app.listen(0, all.server.address);
  await once(app, "listening");
  all.mesh.onStop(() => app.close());
  const ports = {
    first: (await passingFunction(all, all.first)).port,
    second: (await passingFunction(all, all.second)).port,
    app: (app.address() as { port: number }).port,
  };
  await applyPath(all, { protocol: "h2c", ports });
  const session = connectH2(`http://${all.client.address}:${listenPort}`);
  all.mesh.onStop(() => session.destroy());
  for (let count = 0; count < 2; count++) {
    const stream = session.request({ ":path": "/" });
    stream.resume();
    await once(stream, "end");
  }
  for (const [pod, hop] of hops()) {
    expect(await sumOf(pod.proxy, "weft_hop_connections_total", { weft_hop: hop })).toBe(1);
    expect(await sumOf(pod.proxy, "weft_hop_requests_total", { weft_hop: hop })).toBe(2);
    expect(await errorsAt(pod)).toEqual({ http_5xx: 2 });
  }
});

test("a function that is not there is an error of its own hop, and one of having nowhere to go at those before it", async () => {
  const gone = await passingFunction(all, all.second);
  gone.close();
  const ports = { first: (await passingFunction(all, all.first)).port, second: gone.port, app: await echoApp(all) };
  await applyPath(all, { ports });
  await expect(exchange(all, "x")).rejects.toThrow("ECONNRESET");
  expect(await errorsAt(all.second)).toEqual({ function_refused: 1 });
  for (const pod of [all.first, all.client]) expect(await errorsAt(pod)).toEqual({ no_endpoint: 1 });
  await applyPath(all, { ports, function: { failurePolicy: "Bypass" } });
  expect(await exchange(all, "x")).toBe("x");
  expect(await sumOf(all.second.proxy, "weft_hop_bypassed_total")).toBe(1);
  expect(await errorsAt(all.second)).toEqual({ function_refused: 1 });
});

test("a flow that breaks is told at each hop by the side that broke", async () => {
  const resetting = await tcpServer(all.second.address, (socket) =>
    socket.once("data", () => socket.resetAndDestroy()),
  );
  all.mesh.onStop(resetting.close);
  const ports = {
    first: (await passingFunction(all, all.first)).port,
    second: resetting.port,
    app: await echoApp(all),
  };
  await applyPath(all, { ports });
  await expect(exchange(all, "x")).rejects.toThrow("ECONNRESET");
  const expected = ["onward_reset", "onward_reset", "function_reset", "source_reset"];
  for (const [index, [pod]] of hops().entries()) {
    await waitUntil(async () => Object.keys(await errorsAt(pod)).length > 0, { what: "an error", timeoutMs: 5000 });
    expect(await errorsAt(pod)).toEqual({ [expected[index] ?? ""]: 1 });
  }
});

test("a request whose application breaks off is an error at every hop, by the side that broke", async () => {
  const ports = {
    first: (await passingFunction(all, all.first)).port,
    second: (await passingFunction(all, all.second)).port,
    app: await httpApp(all, (incoming) => incoming.socket.resetAndDestroy()),
  };
  await applyPath(all, { protocol: "http1", ports });
  expect(await ask(all, "/")).toBe(502);
  expect(await errorsAt(all.server)).toEqual({ app_reset: 1 });
  for (const pod of [all.second, all.first]) expect(await errorsAt(pod)).toEqual({ http_5xx: 1 });
  expect(await sumOf(all.client.proxy, "weft_hop_requests_total")).toBe(1);
});

test("a path that leads nowhere from here is an error of that path, also while its chain is not known", async () => {
  const port = (await passingFunction(all, all.first)).port;
  await applyPath(all, { ports: { first: port, second: port, app: port } });
  await all.first.apply({});
  await expect(exchange(all, "x")).rejects.toThrow("ECONNRESET");
  const labels = { weft_chain: "unknown", weft_spi: "7", weft_hop: "2", reason: "unknown_path" };
  expect(await sumOf(all.first.proxy, "weft_hop_errors_total", labels)).toBe(1);
});
