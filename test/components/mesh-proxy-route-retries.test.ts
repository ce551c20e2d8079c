/** Time limits and retries that routes ask for, over real proxies. */
import type { RequestListener } from "node:http";
import { connect } from "node:net";
import { afterEach, expect, test } from "vitest";
import type { ProxyConfigInput } from "../../mesh-proxy/proxy-config.ts";
import { waitUntil } from "../tools/wait-until.ts";
import { type RoutedMesh, routedMesh } from "./mesh-proxy-route-setup.ts";
import { sumOf, tcpServer } from "./mesh-proxy-setup.ts";

let routed: RoutedMesh;

afterEach(() => routed.mesh.stop());

async function start(config: Partial<ProxyConfigInput> = {}): Promise<void> {
  routed = await routedMesh("127.77.91", { retriesPerSecondMin: 1000, ...config });
}

const retry = { statusCodes: [503], retriesMax: 3, backoffMs: 1 };

/** Counts what it is asked. */
function counting(answer: RequestListener) {
  const requests: { method: string; body: string }[] = [];
  const listener: RequestListener = (request, response) => {
    let body = "";
    request.on("data", (bytes) => (body += String(bytes)));
    request.on("end", () => {
      requests.push({ method: request.method ?? "", body });
      answer(request, response);
    });
  };
  return { requests, listener };
}

const fine: RequestListener = (_, response) => void response.end("fine");
const busy: RequestListener = (_, response) => {
  response.statusCode = 503;
  response.end("busy");
};
const silent: RequestListener = () => {};
const broken: RequestListener = (request) => void request.socket.resetAndDestroy();

test("a request whose answer is a failure goes to another instance, with its body", async () => {
  await start();
  const [one, other] = [counting(busy), counting(fine)];
  const backend = await routed.service("v1", one.listener, other.listener);
  await routed.route({ backends: [backend], retry });
  // A kept connection would stay with the good one.
  const put = { method: "PUT", headers: { connection: "close" } };
  for (let at = 0; at < 20; at++) {
    const { statusCode, body } = await routed.ask("/", { ...put, body: `body ${at}` });
    expect([statusCode, body]).toEqual([200, "fine"]);
  }
  expect(other.requests.map(({ body }) => body)).toEqual(Array.from({ length: 20 }, (_, at) => `body ${at}`));
  expect(one.requests.length).toBeGreaterThan(0);
  expect(await routed.retries("sent")).toBe(one.requests.length);
  expect(await routed.retries("recovered")).toBe(one.requests.length);
  const counted = await sumOf(routed.client.proxy, "istio_requests_total", {
    reporter: "source",
    response_code: "503",
  });
  expect(counted).toBe(one.requests.length);
});

test("when all retries fail the last answer is the client's", async () => {
  await start();
  const { requests, listener } = counting(busy);
  const backend = await routed.service("v1", listener);
  await routed.route({ backends: [backend], retry });
  const { statusCode, body } = await routed.ask("/");
  expect([statusCode, body, requests.length]).toEqual([503, "busy", 4]);
  expect(await routed.retries("exhausted")).toBe(1);
});

test("what is not idempotent is not sent again", async () => {
  await start();
  const { requests, listener } = counting(busy);
  const backend = await routed.service("v1", listener);
  await routed.route({ backends: [backend], retry });
  const { statusCode } = await routed.ask("/", { method: "POST", body: "once" });
  expect([statusCode, requests.length]).toEqual([503, 1]);
  expect(await routed.retries("not_repeatable")).toBe(1);
});

test("what is no longer in the read buffer is not sent again", async () => {
  await start();
  const { requests, listener } = counting(busy);
  const backend = await routed.service("v1", listener);
  await routed.route({ backends: [backend], retry });
  const { statusCode } = await routed.ask("/", { method: "PUT", body: "x".repeat(300_000) });
  expect([statusCode, requests.length]).toEqual([503, 1]);
});

test("beyond the budget failures are the client's", async () => {
  await start({ retryBudgetPercent: 0, retriesPerSecondMin: 0 });
  const { requests, listener } = counting(busy);
  const backend = await routed.service("v1", listener);
  await routed.route({ backends: [backend], retry });
  expect((await routed.ask("/")).statusCode).toBe(503);
  expect(requests).toHaveLength(1);
  expect(await routed.retries("over_budget")).toBe(1);
});

test("connections that break off are retried as often as the route says", async () => {
  await start({ failuresMax: 100 });
  const { requests, listener } = counting(broken);
  const backend = await routed.service("v1", listener);
  await routed.route({ backends: [backend], retry: { ...retry, statusCodes: [] } });
  expect((await routed.ask("/")).statusCode).toBe(502);
  expect(requests).toHaveLength(4);
});

test("an attempt that takes too long is answered 504, or retried elsewhere", async () => {
  await start();
  const backend = await routed.service("v1", silent);
  await routed.route({ backends: [backend], timeouts: { attemptMs: 50 } });
  expect((await routed.ask("/")).statusCode).toBe(504);
  expect(await routed.events("attempt_timeout")).toBe(1);
  const both = await routed.service("v2", silent, fine);
  await routed.route({ backends: [both], timeouts: { attemptMs: 200 }, retry });
  for (let at = 0; at < 4; at++) expect((await routed.ask("/")).statusCode).toBe(200);
});

test("a request's time includes all its attempts", async () => {
  await start();
  const { requests, listener } = counting(silent);
  const backend = await routed.service("v1", listener);
  const many = { ...retry, retriesMax: 10 };
  await routed.route({ backends: [backend], timeouts: { requestMs: 700, attemptMs: 200 }, retry: many });
  expect((await routed.ask("/")).statusCode).toBe(504);
  expect(requests.length).toBeGreaterThan(1);
  expect(requests.length).toBeLessThan(5);
  expect(await routed.events("request_timeout")).toBe(1);
});

test("a pipelined request gets no answer that is another's", async () => {
  await start();
  const backend = await routed.service("v1", silent);
  await routed.route(
    {
      when: { http: { paths: [{ type: "Exact", value: "/slow" }] } },
      backends: [backend],
      timeouts: { requestMs: 50 },
    },
    { redirect: { statusCode: 302, host: "new.core" } },
  );
  const socket = connect(routed.listenPort, routed.client.address);
  socket.write(["/slow", "/moved"].map((path) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`).join(""));
  let text = "";
  for await (const bytes of socket) text += String(bytes);
  expect(text.split("HTTP/1.1 ").map((answer) => answer.slice(0, 3))).toEqual(["", "504"]);
});

test("a response that has begun is broken off when its time is over, never ended in order", async () => {
  await start();
  let hasClosed = false;
  const backend = await routed.service("v1", (_, response) => {
    response.write("begun");
    response.on("close", () => {
      hasClosed = true;
    });
  });
  await routed.route({ backends: [backend], timeouts: { requestMs: 500 } });
  await expect(routed.ask("/")).rejects.toThrow(/aborted|ECONNRESET|hang up/);
  await waitUntil(() => hasClosed, { what: "the backend is told", timeoutMs: 5000 });
});

test("a stream within its time, and one without a limit, pass whole", async () => {
  await start();
  const slow: RequestListener = (_, response) => {
    response.write("a");
    setTimeout(() => response.end("z"), 150);
  };
  const backend = await routed.service("v1", slow);
  await routed.route({ backends: [backend], timeouts: { requestMs: 5000, attemptMs: 5000 } });
  expect((await routed.ask("/")).body).toBe("az");
  await routed.route({ backends: [backend] });
  expect((await routed.ask("/")).body).toBe("az");
});

test("a connection that has left HTTP has no time limit", async () => {
  await start();
  const backend = await routed.service("v1", silent);
  const [first] = backend.endpoints;
  if (first === undefined) throw new Error("no endpoint");
  const upgrading = await tcpServer(first.address, (socket) => {
    socket.once("data", () => {
      socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n");
      socket.on("data", (bytes) => socket.write(bytes));
    });
  });
  routed.mesh.onStop(upgrading.close);
  await routed.route({
    backends: [{ ...backend, endpoints: [{ ...first, appPort: upgrading.port }] }],
    timeouts: { requestMs: 400, attemptMs: 400 },
  });
  const socket = connect(routed.listenPort, routed.client.address);
  socket.write("GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n");
  let text = "";
  let hasClosed = false;
  socket.on("data", (bytes) => (text += String(bytes)));
  socket.on("close", () => {
    hasClosed = true;
  });
  await waitUntil(() => text.includes("101"), { what: "the upgrade", timeoutMs: 5000 });
  const startMs = performance.now();
  const isLate = () => socket.write("hello") && performance.now() - startMs > 500;
  await waitUntil(isLate, { what: "more time than requests have", timeoutMs: 5000 });
  await waitUntil(() => text.endsWith("hello".repeat(5)), { what: "the echo", timeoutMs: 5000 });
  expect(hasClosed).toBe(false);
  socket.destroy();
});
