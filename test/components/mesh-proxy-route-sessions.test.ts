/** Sessions that stay with the endpoint that answered first, over real proxies, on HTTP/1.1 and HTTP/2. */
import { once } from "node:events";
import type { RequestListener } from "node:http";
import { connect, createServer, type ServerHttp2Stream } from "node:http2";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { UpstreamBackend } from "../../core/model/mesh-snapshot.ts";
import { type Answer, type RoutedMesh, routedMesh } from "./mesh-proxy-route-setup.ts";
import { upstream } from "./mesh-proxy-setup.ts";

let routed: RoutedMesh;
let isFailing: boolean[];

beforeEach(async () => {
  routed = await routedMesh("127.78.61");
  isFailing = [];
});
afterEach(() => routed.mesh.stop());

const byCookie = { carrier: "cookie", name: "weft" } as const;
const byHeader = { carrier: "header", name: "x-session" } as const;

/** Pods that say which one they are, or 500. */
function pods(name: string, count: number): Promise<UpstreamBackend> {
  const listeners = Array.from(
    { length: count },
    (_, at): RequestListener =>
      (_request, response) => {
        response.statusCode = isFailing[at] ? 500 : 200;
        response.setHeader("set-cookie", "own=1");
        response.end(`${name}-${at}`);
      },
  );
  return routed.service(name, ...listeners);
}

function cookieOf({ headers }: Answer): string | undefined {
  return headers["set-cookie"]?.find((cookie) => cookie.startsWith("weft="))?.split(";")[0];
}

test("a client with a cookie stays with the pod that gave it, by any connection, whoever asks between", async () => {
  await routed.route({ backends: [await pods("v1", 4)], session: byCookie });
  const first = await routed.ask("/");
  const cookie = cookieOf(first) ?? "";
  expect(first.headers["set-cookie"]).toEqual([
    "own=1",
    expect.stringMatching(/^weft=[0-9a-f]{16}; Path=\/; HttpOnly$/),
  ]);
  for (let round = 0; round < 6; round++) {
    const again = await routed.ask("/", { headers: { cookie: `a=b; ${cookie}`, connection: "close" } });
    expect([again.body, cookieOf(again)]).toEqual([first.body, undefined]);
    await routed.ask("/", { headers: { connection: "close" } });
  }
});

test("two sessions take turns on one connection, each with its own pod", async () => {
  await routed.route({ backends: [await pods("v1", 4)], session: byHeader });
  const sessions = new Map<string, string>();
  while (sessions.size < 2) {
    const answer = await routed.ask("/", { headers: { connection: "close" } });
    sessions.set(answer.body, String(answer.headers["x-session"]));
  }
  for (let round = 0; round < 4; round++)
    for (const [body, session] of sessions) {
      const answer = await routed.ask("/", { headers: { "x-session": session } });
      expect([answer.body, answer.headers["x-session"]]).toEqual([body, undefined]);
    }
});

test("a session goes before the weights of backends", async () => {
  const [v1, v2] = [await pods("v1", 1), await pods("v2", 1)];
  await routed.route({ backends: [{ ...v1, weight: 99 }, v2], session: byCookie });
  let canary: Answer | undefined;
  while (canary?.body !== "v2-0") canary = await routed.ask("/", { headers: { connection: "close" } });
  const headers = { cookie: cookieOf(canary) ?? "", connection: "close" };
  for (let at = 0; at < 10; at++) expect((await routed.ask("/", { headers })).body).toBe("v2-0");
});

test("a session goes elsewhere while its pod is ejected, keeps its cookie, and returns", async () => {
  const backend = await pods("v1", 3);
  const outlierDetection = {
    ...{ consecutive5xxErrors: 2, minimumHosts: 2, requestVolume: 1, intervalMs: 10_000 },
    ...{ baseEjectionMs: 700, maxEjectionMs: 700, maxEjectionPercent: 50, minHealthPercent: 0 },
  };
  await routed.route({ backends: [{ ...backend, traffic: { outlierDetection } }], session: byCookie });
  const first = await routed.ask("/");
  const headers = { cookie: cookieOf(first) ?? "" };
  isFailing[Number(first.body.at(-1))] = true;
  for (let failure = 0; failure < 2; failure++) expect((await routed.ask("/", { headers })).statusCode).toBe(500);
  isFailing = [];
  const away = await routed.ask("/", { headers });
  expect([away.statusCode, away.body === first.body, cookieOf(away)]).toEqual([200, false, undefined]);
  await expect.poll(async () => (await routed.ask("/", { headers })).body, { timeout: 5000 }).toBe(first.body);
});

test("a session whose pod is gone gets another, and its cookie", async () => {
  const backend = await pods("v1", 2);
  await routed.route({ backends: [backend], session: byCookie });
  const first = await routed.ask("/");
  const left = backend.endpoints.filter((_, at) => at !== Number(first.body.at(-1)));
  await routed.route({ backends: [{ ...backend, endpoints: left }], session: byCookie });
  const second = await routed.ask("/", { headers: { cookie: cookieOf(first) ?? "" } });
  expect(second.body).not.toBe(first.body);
  expect(cookieOf(second)).toMatch(/^weft=/);
});

test("on HTTP/2 each stream goes where its session is, of one connection", async () => {
  const endpoints = [];
  for (let at = 0; at < 3; at++) {
    const pod = await routed.mesh.pod(`h2-${at}`);
    const app = createServer();
    app.on("session", (session) => routed.mesh.onStop(() => session.destroy()));
    app.on("stream", (stream: ServerHttp2Stream) => {
      stream.respond({ ":status": 200, "set-cookie": "own=1" });
      stream.end(pod.name);
    });
    app.listen(0, pod.address);
    await once(app, "listening");
    routed.mesh.onStop(() => app.close());
    await pod.apply({});
    endpoints.push(pod.endpoint((app.address() as { port: number }).port));
  }
  const backend = { namespace: "core", service: "h2", weight: 1, endpoints };
  const rules = [{ route: "core/test", when: {}, backends: [backend], session: byCookie }];
  const { listenPort, client } = routed;
  await client.apply({ upstreams: [upstream({ listenPort, protocol: "h2c", endpoints: [], rules })] });
  const session = connect(`http://${client.address}:${listenPort}`);
  routed.mesh.onStop(() => session.destroy());
  const ask = async (cookie?: string) => {
    const stream = session.request({ ":path": "/", ...(cookie !== undefined && { cookie }) });
    const [headers] = await once(stream, "response");
    let body = "";
    for await (const bytes of stream) body += String(bytes);
    const set = (headers["set-cookie"] as readonly string[]).find((line) => line.startsWith("weft="));
    return { body, cookie: set?.split(";")[0] };
  };
  const cookies = new Map<string, string>();
  while (cookies.size < 3) {
    const { body, cookie } = await ask();
    cookies.set(body, cookie ?? "");
  }
  for (let round = 0; round < 5; round++)
    for (const [body, cookie] of cookies) expect(await ask(cookie)).toEqual({ body, cookie: undefined });
});
